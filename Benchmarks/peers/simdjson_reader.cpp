// Reads all numbers of a JSON file into a vector with simdjson's fastest interface, again and again,
// and prints one line of JSON with the megabytes a second.
//
//     g++ -std=c++17 -O3 simdjson_reader.cpp -o simdjson-reader -lsimdjson
//     simdjson-reader FILE

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

using namespace simdjson;

static void collect(ondemand::value value, std::vector<double> &numbers) {
    switch (value.type()) {
    case ondemand::json_type::array:
        for (auto element : value.get_array()) collect(element.value(), numbers);
        break;
    case ondemand::json_type::object:
        for (auto field : value.get_object()) collect(field.value().value(), numbers);
        break;
    case ondemand::json_type::number: numbers.push_back(value.get_double()); break;
    default: break;
    }
}

int main(int count, char **arguments) {
    if (count != 2) return std::fprintf(stderr, "usage: simdjson-reader FILE\n"), 64;
    const padded_string text = padded_string::load(arguments[1]);
    ondemand::parser parser;
    std::vector<double> numbers, rates;
    for (int repetition = 0; repetition <= 50; ++repetition) {
        numbers.clear();
        const auto start = std::chrono::steady_clock::now();
        auto document = parser.iterate(text);
        for (auto field : document.get_object()) collect(field.value().value(), numbers);
        const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
        // The first grows what the others find grown.
        if (repetition > 0) rates.push_back(text.size() / taken.count() / 1e6);
    }
    std::sort(rates.begin(), rates.end());
    std::printf("{\"impl\":\"simdjson\",\"numbers\":%zu,\"millions_per_second\":%.3f}\n",
                numbers.size(), rates[rates.size() / 2]);
}
