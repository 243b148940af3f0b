#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>

// What is used of libcurl, each with a pointer of its type in the structure below.
#define EACH_FUNCTION(USE)                                                                          \
    USE(curl_global_init)                                                                           \
    USE(curl_easy_init)                                                                             \
    USE(curl_easy_cleanup)                                                                          \
    USE(curl_easy_reset)                                                                            \
    USE(curl_easy_strerror)                                                                         \
    USE(curl_easy_setopt)                                                                           \
    USE(curl_easy_getinfo)                                                                          \
    USE(curl_slist_append)                                                                          \
    USE(curl_slist_free_all)                                                                        \
    USE(curl_multi_init)                                                                            \
    USE(curl_multi_cleanup)                                                                         \
    USE(curl_multi_add_handle)                                                                      \
    USE(curl_multi_remove_handle)                                                                   \
    USE(curl_multi_setopt)                                                                          \
    USE(curl_multi_socket_action)                                                                   \
    USE(curl_multi_timeout)                                                                         \
    USE(curl_multi_info_read)

// curl.h makes some of them macros that check types, or count arguments.
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

#define POINTER(name) __typeof__(&name) name;
static struct { EACH_FUNCTION(POINTER) } library;

static pthread_once_t is_loaded = PTHREAD_ONCE_INIT;
static const char *failure;

static void load(void) {
    // The name that the interface of version 7.16 and all since has, whatever carries TLS.
    void *file = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);
    if (file == NULL) {
        failure = dlerror();
        return;
    }
#define RESOLVE(name)                                                                               \
    if ((library.name = (__typeof__(&name))dlsym(file, #name)) == NULL) {                           \
        failure = dlerror();                                                                        \
        return;                                                                                     \
    }
    EACH_FUNCTION(RESOLVE)
    if (library.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        failure = "curl_global_init failed";
    }
}

const char *nabla_curl_load(void) {
    pthread_once(&is_loaded, load);
    return failure;
}

CURL *nabla_curl_easy_init(void) { return library.curl_easy_init(); }

void nabla_curl_easy_cleanup(CURL *handle) { library.curl_easy_cleanup(handle); }

void nabla_curl_easy_reset(CURL *handle) { library.curl_easy_reset(handle); }

const char *nabla_curl_easy_strerror(CURLcode code) { return library.curl_easy_strerror(code); }

struct curl_slist *nabla_curl_slist_append(struct curl_slist *list, const char *line) {
    return library.curl_slist_append(list, line);
}

void nabla_curl_slist_free_all(struct curl_slist *list) { library.curl_slist_free_all(list); }

CURLcode nabla_curl_set_long(CURL *handle, CURLoption option, long value) {
    return library.curl_easy_setopt(handle, option, value);
}

CURLcode nabla_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return library.curl_easy_setopt(handle, option, value);
}

CURLcode nabla_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return library.curl_easy_setopt(handle, option, value);
}

CURLcode nabla_curl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return library.curl_easy_setopt(handle, option, value);
}

CURLcode nabla_curl_set_list(CURL *handle, CURLoption option, const struct curl_slist *value) {
    return library.curl_easy_setopt(handle, option, value);
}

CURLcode nabla_curl_set_callback(CURL *handle, CURLoption option, nabla_curl_data_callback value) {
    return library.curl_easy_setopt(handle, option, value);
}

CURLcode nabla_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return library.curl_easy_getinfo(handle, info, value);
}

CURLcode nabla_curl_get_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return library.curl_easy_getinfo(handle, info, value);
}

CURLM *nabla_curl_multi_init(void) { return library.curl_multi_init(); }

void nabla_curl_multi_cleanup(CURLM *multi) { library.curl_multi_cleanup(multi); }

void nabla_curl_multi_add(CURLM *multi, CURL *handle) {
    library.curl_multi_add_handle(multi, handle);
}

void nabla_curl_multi_remove(CURLM *multi, CURL *handle) {
    library.curl_multi_remove_handle(multi, handle);
}

void nabla_curl_multi_set_callback(CURLM *multi, nabla_curl_socket_callback value, void *context) {
    library.curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    library.curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value);
}

void nabla_curl_multi_act(CURLM *multi, curl_socket_t socket, int events, int *running) {
    library.curl_multi_socket_action(multi, socket, events, running);
}

void nabla_curl_multi_timeout(CURLM *multi, long *milliseconds) {
    library.curl_multi_timeout(multi, milliseconds);
}

CURL *nabla_curl_finished(CURLM *multi, CURLcode *result) {
    int left = 0;
    CURLMsg *message;
    while ((message = library.curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}
