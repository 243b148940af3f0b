#include <simdjson.h>
extern "C" int nabla_json_probe(void) { simdjson::dom::parser p; return (int)p.max_depth(); }
