/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server answers, one row each:
 *
 *   X(path, methods, traits, format of its answer, what bodies have to be, attributes, handler, state)
 *
 * handler: server_handler of internal.h. state: server_state, another number once what the resource shows has changed, which
 * is when its observers are told; NULL: it is not one to observe. To add a resource, add a row and write both functions in a
 * file of their own in device/server; for a row of its own in `make device-sizes`, name the file in DEVICE_APART (device.mk).
 */
#ifndef DEVICE_SERVER_RESOURCES_H
#define DEVICE_SERVER_RESOURCES_H

#define SERVER_RESOURCES(X)                                                                                                     \
	X("id", GET, COAP_OPEN, BYTES, NONE, "rt=\"ubench.id\"", server_id, NULL)                                               \
	X("dev", GET, 0, CBOR, NONE, "rt=\"ubench.device\"", server_device, NULL)                                               \
	X("dev/keys/*", DELETE, 0, NONE, NONE, NULL, server_revoke, NULL)                                                       \
	X("p", GET, 0, CBOR, NONE, "rt=\"ubench.programs\"", server_list, server_programs_state)                                \
	X("p/*", GET | COAP_ALLOW_PUT | COAP_ALLOW_DELETE, COAP_RESUMES, CBOR, BYTES, NULL, server_program_named, NULL)               \
	X("p/*/run", POST, COAP_CONTINUES, CBOR, BYTES, NULL, server_run, NULL)                                                 \
	X("p/*/start", POST, 0, CBOR, NONE, NULL, server_start, NULL)                                                           \
	X("p/*/stop", POST, 0, CBOR, NONE, NULL, server_stop, NULL)                                                             \
	X("p/*/kill", POST, 0, CBOR, NONE, NULL, server_kill, NULL)                                                             \
	X("p/*/confirm", POST, 0, CBOR, NONE, NULL, server_confirm, NULL)                                                       \
	X("p/*/rollback", POST, 0, CBOR, NONE, NULL, server_rollback, NULL)                                                     \
	X("p/*/attach", POST, 0, CBOR, CBOR, NULL, server_attach, NULL)                                                         \
	X("p/*/detach", POST, 0, CBOR, CBOR, NULL, server_detach, NULL)                                                         \
	X("hooks", GET, 0, CBOR, NONE, "rt=\"ubench.hooks\"", server_hooks, NULL)                                               \
	X("p/*/log", GET, 0, CBOR, NONE, NULL, server_log, server_log_state)                                                    \
	X("p/*/faults", GET, 0, CBOR, NONE, NULL, server_faults, server_programs_state)                                         \
	X("log", GET, 0, CBOR, NONE, "rt=\"ubench.log\"", server_log, server_log_state)                                         \
	X("s/*", GET, 0, CBOR, NONE, NULL, server_store, NULL)                                                                  \
	X("s/*/*", GET | COAP_ALLOW_PUT, 0, CBOR, CBOR, NULL, server_value, NULL)                                               \
	X("m", GET, 0, CBOR, NONE, "rt=\"ubench.maps\"", server_maps, NULL)                                                     \
	X("m/*/*", GET | COAP_ALLOW_PUT | COAP_ALLOW_DELETE, 0, CBOR, BYTES, NULL, server_map, NULL)                            \
	X("transfer", GET, 0, CBOR, NONE, "rt=\"ubench.transfer\"", server_transfer, NULL)                                      \
	X("trace", PUT, 0, NONE, BYTES, "rt=\"ubench.trace\"", server_trace, NULL)

#endif
