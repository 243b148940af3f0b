/* What sequential calls cost a C program on libcurl: posts the body of a file to a URL again and again over
 * one connection, keeps each answer until the next, and prints the microseconds a call took.
 *
 *     curl-caller URL FILE COUNT
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct Answer {
    char *bytes;
    size_t count, room;
};

static size_t take(char *data, size_t size, size_t count, void *context) {
    struct Answer *answer = context;
    size_t bytes = size * count;
    if (answer->count + bytes > answer->room) {
        answer->room = 2 * (answer->count + bytes);
        answer->bytes = realloc(answer->bytes, answer->room);
        if (!answer->bytes) return 0;
    }
    memcpy(answer->bytes + answer->count, data, bytes);
    answer->count += bytes;
    return bytes;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec * 1e-3;
}

int main(int count, char **arguments) {
    if (count != 4) return fprintf(stderr, "usage: %s URL FILE COUNT\n", arguments[0]), 64;
    FILE *file = fopen(arguments[2], "rb");
    if (!file) return perror(arguments[2]), 66;
    static char body[1 << 20];
    size_t length = fread(body, 1, sizeof body, file);
    fclose(file);
    long calls = strtol(arguments[3], NULL, 10);

    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *handle = curl_easy_init();
    struct Answer answer = {0};
    struct curl_slist *fields = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(handle, CURLOPT_URL, arguments[1]);
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
    double start = 0;
    /* The first connects, and isn't counted. */
    for (long call = -1; call < calls; call++) {
        if (call == 0) start = now();
        answer.count = 0;
        CURLcode result = curl_easy_perform(handle);
        long status = 0;
        curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
        if (result != CURLE_OK || status != 200) {
            fprintf(stderr, "%s, status %ld: %.*s\n", curl_easy_strerror(result), status,
                    (int)answer.count, answer.bytes ? answer.bytes : "");
            return 1;
        }
    }
    printf("{\"us_per_call\": %.3f}\n", (now() - start) / calls);
    return 0;
}
