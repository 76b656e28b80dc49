#pragma once

#include <span>

#include "api/router.h"
#include "api/services.h"
#include "net/http/http.h"
#include "net/server/server.h"

namespace snapgate::api {

// Every route but those of a cluster's Kubernetes API.
std::span<const Route> own_routes();

// Those of the port for scrapes.
std::span<const Route> metrics_routes();

// The whole of the HTTP interface: finds the route, checks key, project and role, runs it, and
// renders what went wrong. `services` outlives the handler.
net::Handler make_handler(const Services& services);

// What a port for scrapes alone answers, without a key: /metrics, and the server's health.
net::Handler make_metrics_handler(const Services& services);

// Renders what the server refuses before a route sees it, in the same form as all other errors.
void render_refusal(const net::Refusal& refusal, std::string_view request_id,
                    net::Response& response);

}  // namespace snapgate::api
