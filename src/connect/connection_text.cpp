#include <utility>

#include "base/encoding.h"
#include "base/server_url.h"
#include "connect/connection.h"
#include "connect/kubeconfig.h"
#include "json/value.h"

namespace snapgate::connect {

using base::Code;
using base::Error;
using base::Result;

namespace {

constexpr std::string_view kInsecure = "insecure";

// The texts of a connection, by the names that its stored form has for them.
constexpr std::pair<std::string_view, std::string Connection::*> kTexts[] = {
    {"server", &Connection::server},
    {"token", &Connection::token},
    {"serverName", &Connection::server_name},
};
// PEM may have anything around it, which is not always UTF-8: these are in base64.
constexpr std::pair<std::string_view, std::string Connection::*> kBytes[] = {
    {"ca", &Connection::ca},
    {"clientCertificate", &Connection::client_certificate},
    {"clientKey", &Connection::client_key},
};

void put_bytes(json::Object& object, std::string_view name, std::string_view bytes) {
    if (bytes.empty()) return;
    std::string text;
    base::append_base64(bytes, text);
    object[{name.data(), name.size()}] = text;
}

}  // namespace

std::string shown_server(const Connection& connection) {
    auto url = base::parse_server_url(connection.server);
    return url ? url->text() : std::string();
}

std::string to_text(const Connection& connection) {
    json::Object object;
    for (const auto& [name, member] : kTexts) {
        if (!(connection.*member).empty()) object[{name.data(), name.size()}] = connection.*member;
    }
    for (const auto& [name, member] : kBytes) put_bytes(object, name, connection.*member);
    if (connection.insecure) object[{kInsecure.data(), kInsecure.size()}] = true;
    return json::serialize(object);
}

Result<Connection> parse_connection(std::string_view text) {
    // What is wrong is not quoted: it may be a part of a secret.
    const Error corrupt(Code::kCorrupt, "a stored connection is not of the form that it must have");
    auto value = json::parse(text);
    if (!value || !value->is_object()) return corrupt;
    const json::Object& object = value->get_object();
    Connection connection;
    for (const auto& [name, member] : kTexts) {
        auto read = json::optional_string(object, name);
        if (!read) return corrupt;
        connection.*member = std::move(*read);
    }
    for (const auto& [name, member] : kBytes) {
        auto read = json::optional_string(object, name);
        auto bytes = read ? base::decode_base64(*read) : std::nullopt;
        if (!bytes) return corrupt;
        connection.*member = std::move(*bytes);
    }
    if (const json::Value* insecure = object.if_contains(kInsecure)) {
        if (!insecure->is_bool()) return corrupt;
        connection.insecure = insecure->get_bool();
    }
    if (connection.server.empty()) return corrupt;
    return connection;
}

std::string to_kubeconfig(const Connection& connection) {
    json::Object cluster{{"server", connection.server}};
    put_bytes(cluster, "certificate-authority-data", connection.ca);
    if (!connection.server_name.empty()) cluster["tls-server-name"] = connection.server_name;
    if (connection.insecure) cluster["insecure-skip-tls-verify"] = true;
    json::Object user;
    put_bytes(user, "client-certificate-data", connection.client_certificate);
    put_bytes(user, "client-key-data", connection.client_key);
    if (!connection.token.empty()) user["token"] = connection.token;
    auto named = [](std::string_view member, json::Object inner) {
        return json::Array{json::Object{{"name", "cluster"}, {member, std::move(inner)}}};
    };
    return json::serialize(json::Object{
        {"apiVersion", "v1"},
        {"kind", "Config"},
        {"current-context", "cluster"},
        {"contexts", named("context", json::Object{{"cluster", "cluster"}, {"user", "cluster"}})},
        {"clusters", named("cluster", std::move(cluster))},
        {"users", named("user", std::move(user))}});
}

}  // namespace snapgate::connect
