// Asks Nabla for a gradient, and has a network trained on XOR, with the standard library alone.
//
//	go run Examples/xor.go
//
// NABLA_SERVER says where the service is (http://127.0.0.1:8080 by default), NABLA_TOKEN is its token.
package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

type gradients struct {
	Loss      float64
	Gradients []struct {
		Weights [][]float64
		Bias    []float64
	}
}

type run struct {
	ID     string
	Status string
	Latest map[string]float64
}

type metrics struct {
	Epoch   int
	Metrics map[string]float64
}

// call gives the body of the answer to a GET, or to a POST of the body.
func call(path string, body []byte, headers map[string]string) io.ReadCloser {
	server := os.Getenv("NABLA_SERVER")
	if server == "" {
		server = "http://127.0.0.1:8080"
	}
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequest(method, server+path, bytes.NewReader(body))
	check(err)
	request.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	if token := os.Getenv("NABLA_TOKEN"); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(request)
	check(err)
	if answer.StatusCode >= 400 {
		// What is wrong, as application/problem+json, with the place that is to blame.
		problem, _ := io.ReadAll(answer.Body)
		log.Fatalf("%s: %s", path, problem)
	}
	return answer.Body
}

// events hands over the name and the data of each event of a run, until its end.
func events(id string, handle func(name string, data []byte)) {
	body := call("/runs/"+id+"/events", nil, nil)
	defer body.Close()
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	name := ""
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "event":
			name = value
		case "data":
			handle(name, []byte(value))
		}
	}
	check(lines.Err())
}

func decode(body io.ReadCloser, value any) {
	defer body.Close()
	check(json.NewDecoder(body).Decode(value))
}

// example reads a file that lies beside this one.
func example(name string) []byte {
	_, source, _, _ := runtime.Caller(0)
	content, err := os.ReadFile(filepath.Join(filepath.Dir(source), name))
	check(err)
	return content
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	var answer gradients
	decode(call("/gradients", example("xor.json"), nil), &answer)
	fmt.Printf("loss %.6f\n", answer.Loss)
	fmt.Printf("gradient of the last bias %.6f\n", answer.Gradients[1].Bias[0])

	// Sent again under the same key, the request is answered with the same run.
	key := make([]byte, 16)
	_, err := rand.Read(key)
	check(err)
	var started run
	headers := map[string]string{"Idempotency-Key": fmt.Sprintf("%x", key)}
	decode(call("/train", example("train_xor.json"), headers), &started)
	events(started.ID, func(name string, data []byte) {
		switch name {
		case "metrics":
			var told metrics
			check(json.Unmarshal(data, &told))
			if told.Epoch%100 == 0 {
				fmt.Printf("epoch %d: loss %.6f\n", told.Epoch, told.Metrics["loss"])
			}
		case "end":
			var ended run
			check(json.Unmarshal(data, &ended))
			fmt.Printf("%s: loss %.6f\n", ended.Status, ended.Latest["loss"])
		}
	})
}
