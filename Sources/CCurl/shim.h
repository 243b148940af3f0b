// libcurl carries the client's requests. curl_easy_setopt and curl_easy_getinfo are variadic, which
// Swift can't call: each wrapper below is one of their argument types.
#include <curl/curl.h>

static inline CURLcode nabla_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode nabla_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}
