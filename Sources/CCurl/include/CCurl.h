// libcurl carries the client's requests. It is loaded with the first client, because it brings 25 other
// libraries, for which a program that starts as a service would wait 7 ms. Every function but the first
// wants the first to have been called, and to have given NULL.
//
// curl_easy_setopt, curl_multi_setopt and curl_easy_getinfo are variadic, which Swift can't call: there
// is a function here for each of their argument types.
#ifndef NABLA_CCURL_H
#define NABLA_CCURL_H
#include <curl/curl.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef size_t (*nabla_curl_data_callback)(char *data, size_t size, size_t count, void *context);
typedef int (*nabla_curl_socket_callback)(CURL *handle, curl_socket_t socket, int what, void *context,
                                          void *of_socket);

/// Loads libcurl and sets it up, once: why that can't be done, or NULL. Any thread may call it.
const char *nabla_curl_load(void);

CURL *nabla_curl_easy_init(void);
void nabla_curl_easy_cleanup(CURL *handle);
void nabla_curl_easy_reset(CURL *handle);
const char *nabla_curl_easy_strerror(CURLcode code);
struct curl_slist *nabla_curl_slist_append(struct curl_slist *list, const char *line);
void nabla_curl_slist_free_all(struct curl_slist *list);

CURLcode nabla_curl_set_long(CURL *handle, CURLoption option, long value);
CURLcode nabla_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value);
CURLcode nabla_curl_set_string(CURL *handle, CURLoption option, const char *value);
CURLcode nabla_curl_set_pointer(CURL *handle, CURLoption option, const void *value);
CURLcode nabla_curl_set_list(CURL *handle, CURLoption option, const struct curl_slist *value);
CURLcode nabla_curl_set_callback(CURL *handle, CURLoption option, nabla_curl_data_callback value);
CURLcode nabla_curl_get_long(CURL *handle, CURLINFO info, long *value);
CURLcode nabla_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value);

CURLM *nabla_curl_multi_init(void);
void nabla_curl_multi_cleanup(CURLM *multi);
void nabla_curl_multi_add(CURLM *multi, CURL *handle);
void nabla_curl_multi_remove(CURLM *multi, CURL *handle);
void nabla_curl_multi_set_callback(CURLM *multi, nabla_curl_socket_callback value, void *context);
void nabla_curl_multi_act(CURLM *multi, curl_socket_t socket, int events, int *running);
void nabla_curl_multi_timeout(CURLM *multi, long *milliseconds);

/// A handle whose transfer has ended, and how; NULL for none.
CURL *nabla_curl_finished(CURLM *multi, CURLcode *result);

#ifdef __cplusplus
}
#endif
#endif
