#ifndef NABLA_CSIMDJSON_H
#define NABLA_CSIMDJSON_H
int nabla_json_probe(void);
#endif
