// What a client of a cluster's Kubernetes API asks for: the query of a list or a watch, and, after
// a line feed, the body of a deletion.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/call.h"
#include "api/kube/list_options.h"
#include "api/kube/parameters.h"
#include "api/kube/watch_options.h"
#include "check.h"
#include "input.h"
#include "json/request_body.h"
#include "query/parse_int64.h"
#include "rules/json_pointer.h"
#include "rules/object_rules.h"

namespace {

using namespace snapgate;
using fuzz::check;

void check_refusal(const base::Error& error) {
    check(error.code == base::Code::kInvalidParameter || error.code == base::Code::kInvalid,
          "the code of a refusal");
    fuzz::check_says_why(error);
    check(error.code != base::Code::kInvalidParameter || !error.subject.empty(),
          "a refusal names the parameter");
}

net::Request asking(std::string_view query) {
    net::Request request;
    request.query = query;
    return request;
}

void check_query(std::string_view query, const api::kube::Resource& resource, bool mirrored) {
    // A parameter that nobody knows changes nothing, wherever it stands.
    const std::string more = "unknown=%zz&" + std::string(query);
    const auto list = api::kube::read_list_options(asking(query), resource, mirrored);
    const auto other_list = api::kube::read_list_options(asking(more), resource, mirrored);
    check(list.has_value() == other_list.has_value(), "an unknown parameter changes nothing");
    if (!list) {
        check_refusal(list.error());
        fuzz::check_equal(list.error().message, other_list.error().message, "the same refusal");
    } else {
        check(list->ns == resource.ns, "the namespace is the path's");
        check(list->limit == other_list->limit && list->version == other_list->version &&
                  list->continue_token == other_list->continue_token,
              "an unknown parameter changes no list");
        check(list->mirror_version.empty() || mirrored, "a cluster's version is for mirrors");
        check(list->continue_token.find('\0') == std::string::npos, "no control gets through");
        check(list->match != query::KubeListRequest::Match::kExact || list->version ||
                  !list->mirror_version.empty(),
              "an exact list has a version");
    }
    const auto watch = api::kube::read_watch_options(asking(query), resource, mirrored);
    if (!watch) return check_refusal(watch.error());
    check(watch->timeout.count() >= 0, "a watch ends in the future");
    check(!watch->marks_state || watch->state, "a bookmark marks a state that is sent");
    check(watch->mirror_from.empty() || mirrored, "a cluster's version is for mirrors");
}

// The readers of single parameters agree with one another.
void check_parameters(std::string_view query) {
    const net::Request request = asking(query);
    const auto first = api::kube::first_parameter(request, "limit");
    const auto every = api::kube::every_parameter(request, "limit");
    check(!every || first.has_value(), "the first is one of all");
    if (every && !every->empty()) fuzz::check_equal(every->front(), *first, "the first of all");
    const auto once = api::query_parameter(request, "limit");
    check(!once || !every || every->size() <= 1, "a parameter may come once");
    if (once && every && !every->empty()) fuzz::check_equal(*once, *first, "sides read alike");
    const auto number = api::kube::number_parameter(request, "limit");
    if (first && number && *number && !first->empty())
        check(query::parse_int64(*first) == **number, "a number is what its text says");
    const auto flag = api::kube::flag_parameter(request, "limit");
    check(!flag || !every || flag->has_value() == !every->empty(), "a flag is there or not");
    const auto strict = api::query_flag(request, "limit");
    check(!strict || !once || *strict == (*once == "true"), "true is true");
}

bool equal(const rules::DeleteOptions& a, const rules::DeleteOptions& b) {
    return a.uid == b.uid && a.resource_version == b.resource_version &&
           a.propagation == b.propagation && a.dry_run == b.dry_run;
}

void check_deletion(std::string_view body) {
    const auto options = rules::read_delete_options(body, false);
    const auto yaml = rules::read_delete_options(body, true);
    if (!yaml) fuzz::check_says_why(yaml.error());
    if (!options) {
        check(options.error().code == base::Code::kInvalidBody ||
                  options.error().code == base::Code::kInvalid,
              "the code of a refusal");
        return fuzz::check_says_why(options.error());
    }
    if (body.empty()) return;
    // Written in another way, the body says the same.
    const auto value = json::parse_tolerant(body);
    check(value.has_value(), "what was read is JSON");
    const auto again = rules::read_delete_options(json::serialize(value->value), false);
    check(again && equal(*again, *options), "the same options in other words");
}

void check_pointer(std::string_view text) {
    const auto pointer = rules::read_pointer(text);
    if (!pointer) return;
    std::string written;
    for (const std::string& part : *pointer) {
        written += '/';
        for (const char c : part) {
            if (c == '~') {
                written += "~0";
            } else if (c == '/') {
                written += "~1";
            } else {
                written += c;
            }
        }
    }
    fuzz::check_equal(written, text, "a pointer is written as it was read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    if (size == 0) return 0;
    const std::string_view text = fuzz::text_of(bytes + 1, size - 1);
    const size_t line = std::min(text.find('\n'), text.size());
    const std::string_view query = text.substr(0, line);
    const std::string_view body = text.substr(std::min(line + 1, text.size()));
    api::kube::Resource resource;
    if (bytes[0] % 2 == 1) resource.ns = "default";
    if (bytes[0] % 8 == 7) resource.name = "one";
    if (bytes[0] % 16 == 8) resource.kind = model::Kind::kNamespace;
    check_query(query, resource, bytes[0] % 4 == 2);
    check_parameters(query);
    check_deletion(body);
    check_pointer(body);
    return 0;
}
