#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/services.h"
#include "base/result.h"
#include "cluster/registry.h"
#include "model/object.h"
#include "net/http/http.h"
#include "rules/object_rules.h"

namespace snapgate::api {

// Writes of single objects of a hosted cluster, for both sides of the API: the rules' verdict on
// what was read, committed if nothing changed meanwhile, else made anew. Durable when they return.
// Errors are in Kubernetes' words.

struct Written {
    std::string
        value;  // the object as it is stored now, or was last: model::decode_object reads it
    bool removed = false;  // it is gone
    bool dry_run = false;  // nothing was stored
    std::vector<std::string> warnings;
};

struct CreateOptions {
    bool dry_run = false;
    bool make_namespace = false;  // make the namespace if it is not there
};

// `target` says where; its name may be empty if the body has one or a generateName.
net::Awaitable<base::Result<Written>> create_snapshot(const Services& services,
                                                      const cluster::Cluster& cluster,
                                                      rules::Body body, rules::Target target,
                                                      rules::Writer writer, CreateOptions options);

// What the object is to become, made from what it is; called again if it changed meanwhile.
using MakeBody = std::function<base::Result<rules::Body>(const json::Object& live)>;

net::Awaitable<base::Result<Written>> update_snapshot(const Services& services,
                                                      const cluster::Cluster& cluster,
                                                      rules::Target target, rules::Writer writer,
                                                      MakeBody make_body, bool dry_run);

net::Awaitable<base::Result<Written>> delete_snapshot(const Services& services,
                                                      const cluster::Cluster& cluster,
                                                      rules::Target target,
                                                      rules::DeleteOptions options);

net::Awaitable<base::Result<Written>> create_namespace(const Services& services,
                                                       const cluster::Cluster& cluster,
                                                       rules::Body body, rules::Writer writer,
                                                       bool dry_run);

// Marks the namespace as going; objects::NamespaceSweeper removes what is in it, and it.
net::Awaitable<base::Result<Written>> delete_namespace(const Services& services,
                                                       const cluster::Cluster& cluster,
                                                       std::string name,
                                                       rules::DeleteOptions options);

inline constexpr size_t kMaxFieldManager = 128;
bool is_field_manager(std::string_view text);
// Whom managedFields name where the request says nothing else: the User-Agent up to its first '/'.
std::string field_manager(const net::Request& request);

}  // namespace snapgate::api
