#include "api/openapi.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "access/principal.h"
#include "api/errors.h"
#include "api/routes.h"
#include "json/value.h"

namespace snapgate::api {
namespace {

const json::Value& document() {
    static const json::Value parsed = json::parse(openapi_document()).value();
    return parsed;
}

// What a reference leads to.
const json::Object& resolve(const json::Value& value) {
    const json::Value* reference = value.as_object().if_contains("$ref");
    if (reference == nullptr) return value.as_object();
    std::string_view pointer = reference->as_string();
    pointer.remove_prefix(1);
    return document().at_pointer(pointer).as_object();
}

std::set<std::string> words(std::string_view text) {
    std::set<std::string> out;
    while (!text.empty()) {
        const size_t blank = text.find(' ');
        out.emplace(text.substr(0, blank));
        text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
    }
    return out;
}

// An operation as far as the table of routes knows it.
struct Described {
    std::string role;             // "" where no key is needed
    std::set<std::string> query;  // the names of its parameters
};

// By method and path, with "{}" for the names of parameters.
using Operations = std::map<std::string, Described>;

std::string without_names(std::string_view path) {
    std::string out;
    bool within = false;
    for (const char c : path) {
        if (c == '}') within = false;
        if (!within) out += c;
        if (c == '{') within = true;
    }
    return out;
}

void add_query(const json::Object& described, std::set<std::string>& names) {
    const json::Value* parameters = described.if_contains("parameters");
    if (parameters == nullptr) return;
    for (const json::Value& one : parameters->as_array()) {
        const json::Object& parameter = resolve(one);
        if (parameter.at("in") == "query") names.emplace(parameter.at("name").as_string().c_str());
    }
}

Operations documented() {
    Operations out;
    for (const auto& [path, item] : document().at("paths").as_object()) {
        for (const auto& [method, operation] : item.as_object()) {
            if (method == "parameters") continue;
            Described one;
            const json::Value* role = operation.as_object().if_contains("x-role");
            const json::Value* security = operation.as_object().if_contains("security");
            EXPECT_NE(role == nullptr, security == nullptr) << path;
            if (role != nullptr) one.role = role->as_string().c_str();
            add_query(item.as_object(), one.query);
            add_query(operation.as_object(), one.query);
            std::string name(method);
            std::ranges::transform(name, name.begin(), [](char c) { return c - 'a' + 'A'; });
            out.emplace(fmt::format("{} {}", name, without_names(path)), std::move(one));
        }
    }
    return out;
}

TEST(OpenApiTest, ItHasTheRoutesWithTheirRoles) {
    std::map<std::string, std::string> served;
    for (const Route& route : own_routes())
        served.emplace(fmt::format("{} {}", method_of(route.verb), route.path),
                       route.role ? access::role_name(*route.role) : "");
    std::map<std::string, std::string> described;
    for (const auto& [name, operation] : documented()) described.emplace(name, operation.role);
    EXPECT_EQ(described, served);
}

TEST(OpenApiTest, ItHasTheParametersOfWrites) {
    const Operations operations = documented();
    for (const Route& route : own_routes()) {
        if (is_read(route.verb)) continue;
        const std::string name = fmt::format("{} {}", method_of(route.verb), route.path);
        EXPECT_EQ(operations.at(name).query, words(route.takes)) << name;
    }
}

TEST(OpenApiTest, ItHasTheCodesOfErrors) {
    std::set<std::string> described;
    const json::Value& codes =
        document().at_pointer("/components/schemas/Error/properties/code/enum");
    for (const json::Value& code : codes.as_array()) described.emplace(code.as_string().c_str());
    std::set<std::string> used;
    for (int code = 0; code <= static_cast<int>(base::Code::kInternal); ++code)
        used.emplace(to_http(static_cast<base::Code>(code)).code);
    EXPECT_EQ(described, used);
}

TEST(OpenApiTest, ItSaysWhoseItIs) {
    EXPECT_EQ(document().at("info").at("version"), SNAPGATE_VERSION);
}

}  // namespace
}  // namespace snapgate::api
