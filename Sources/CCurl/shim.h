// libcurl carries the client's requests. curl_easy_setopt, curl_multi_setopt and curl_easy_getinfo are
// variadic, which Swift can't call: each wrapper below is one of their argument types.
#include <curl/curl.h>

typedef size_t (*nabla_curl_data_callback)(char *data, size_t size, size_t count, void *context);
typedef int (*nabla_curl_socket_callback)(CURL *handle, curl_socket_t socket, int what, void *context,
                                          void *of_socket);

static inline CURLcode nabla_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode nabla_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode nabla_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode nabla_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode nabla_curl_set_list(CURL *handle, CURLoption option,
                                           const struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode nabla_curl_set_callback(CURL *handle, CURLoption option,
                                               nabla_curl_data_callback value) {
    return curl_easy_setopt(handle, option, value);
}

static inline void nabla_curl_multi_set_callback(CURLM *multi, nabla_curl_socket_callback value,
                                                 void *context) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value);
}

static inline CURLcode nabla_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode nabla_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURL *nabla_curl_finished(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}
