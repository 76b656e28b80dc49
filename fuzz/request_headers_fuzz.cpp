// What a client says in the headers that decide about its answer: Accept, Accept-Encoding,
// If-None-Match, Cache-Control, its key, and the servers that the request came by. Each line of the
// input is a header's value.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "api/console_cookie.h"
#include "api/etag.h"
#include "api/freshness.h"
#include "api/kube/accept.h"
#include "api/kube/body.h"
#include "api/kube/forms.h"
#include "api/measured_text.h"
#include "api/palette/list_format.h"
#include "api/palette/snapshot_form.h"
#include "api/presented_key.h"
#include "check.h"
#include "connect/passed_servers.h"
#include "identity/signed_token.h"
#include "input.h"
#include "net/http/header_values.h"

namespace {

using namespace snapgate;
using fuzz::check;
using fuzz::check_equal;

net::Request with_headers(std::string_view name, const std::vector<std::string_view>& values) {
    net::Request request;
    for (const std::string_view value : values) request.headers.push_back({name, value});
    return request;
}

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

// The clauses as a header, and also what tells one from another. A parameter without a value counts
// as absent.
std::string text_of_clauses(const std::vector<api::kube::AcceptClause>& clauses) {
    std::string text;
    for (const auto& clause : clauses) {
        if (!text.empty()) text += ',';
        text += std::string(clause.type) + '/' + std::string(clause.subtype);
        for (const auto& [name, value] : clause.parameters) {
            if (!value.empty()) text += ';' + std::string(name) + '=' + std::string(value);
        }
        text += ";q=" + std::to_string(clause.weight);
    }
    return text;
}

void check_accept(std::string_view value) {
    const auto clauses = api::kube::parse_accept(value);
    for (const auto& clause : clauses) {
        check(!clause.subtype.empty() && clause.subtype.find('/') == std::string_view::npos,
              "a clause has a subtype");
        check(clause.weight >= 0, "a weight is a number");
    }
    check(std::ranges::is_sorted(clauses, std::greater<>(), &api::kube::AcceptClause::weight),
          "the heaviest is first");
    // Six digits of a weight are written: the first time they may make it another one.
    const std::string once = text_of_clauses(clauses);
    const std::string twice = text_of_clauses(api::kube::parse_accept(once));
    check_equal(text_of_clauses(api::kube::parse_accept(twice)), twice, "clauses are read again");

    const net::Request request = with_headers("Accept", {value});
    for (const api::Wanted wanted :
         {api::Wanted::kObject, api::Wanted::kList, api::Wanted::kWatch}) {
        const auto form = api::kube::negotiate(request, model::Kind::kSnapshot, false, wanted);
        if (!form) {
            check(form.error().code == base::Code::kNotAcceptable, "the code of a refusal");
            fuzz::check_says_why(form.error());
        }
    }
    static_cast<void>(api::palette::accepted_format(request));
}

// A second reading of If-None-Match: the tag, as a whole element of the list.
bool holds_tag(std::string_view list, std::string_view opaque) {
    if (list == "*") return true;
    for (size_t at = list.find(opaque); at != std::string_view::npos;
         at = list.find(opaque, at + 1)) {
        std::string_view before = list.substr(0, at);
        std::string_view behind = list.substr(at + opaque.size());
        if (before.ends_with("W/")) before.remove_suffix(2);
        before = before.substr(before.rfind(',') + 1);
        behind = behind.substr(0, behind.find(','));
        const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
        if (std::ranges::all_of(before, is_blank) && std::ranges::all_of(behind, is_blank))
            return true;
    }
    return false;
}

void check_etag(std::string_view value) {
    constexpr std::string_view kOpaque = "\"a-1\"";
    const net::Request request = with_headers("If-None-Match", {value});
    const bool matches = api::none_match(request, "W/\"a-1\"");
    check(matches == api::none_match(request, kOpaque), "tags are compared weakly");
    check(matches == holds_tag(value, kOpaque), "a tag is found where it is");
    const std::string behind = "\"x\", " + std::string(value);
    check(value == "*" ||
              matches == api::none_match(with_headers("If-None-Match", {behind}), kOpaque),
          "another tag before it changes nothing");
}

void check_cache_control(std::string_view one, std::string_view other) {
    const auto age = [](const std::vector<std::string_view>& values) {
        return api::wanted_max_age(with_headers("cache-control", values));
    };
    const auto first = age({one});
    const auto second = age({other});
    const auto both = age({one, other});
    check(!first || (*first >= 0 && *first <= objects::kMostAgeSeconds), "an age in seconds");
    check(both.has_value() == (first || second), "an age of either header counts");
    if (both) {
        check(*both == std::min(first.value_or(*both), second.value_or(*both)),
              "the smaller age counts");
    }
    check(age({upper(one)}) == first, "names are read in any case");
    // Without quotes the directives are what stands between commas.
    if (one.find('"') == std::string_view::npos) {
        const std::string list = std::string(one) + ",max-age=0";
        check(age({list}) == 0, "a directive behind a comma counts");
    }
}

void check_encoding(std::string_view value) {
    const bool accepts = net::accepts_gzip(value);
    const std::string capitals = upper(value);
    check(accepts == net::accepts_gzip(capitals), "codings are read in any case");
    check(!accepts || capitals.find("GZIP") != std::string::npos ||
              capitals.find('*') != std::string::npos,
          "gzip is accepted by who names it");
    check(net::accepts_gzip(std::string(value) + ",br") == accepts,
          "another coding changes nothing");
}

void check_passed(std::string_view value) {
    const std::string us(32, 'a');
    const auto passed =
        connect::read_passed_servers(with_headers(connect::kPassedServersHeader, {value}), us);
    if (!passed) return fuzz::check_says_why(passed.error());
    check(passed->find(us) == std::string::npos || passed->size() > us.size(), "we are not in it");
    const auto again =
        connect::read_passed_servers(with_headers(connect::kPassedServersHeader, {*passed}), us);
    check(passed->empty() || (again && *again == *passed), "the list is read as it is written");
    const std::string on = connect::passed_with(*passed, us);
    const auto back =
        connect::read_passed_servers(with_headers(connect::kPassedServersHeader, {on}), us);
    check(!back && back.error().code == base::Code::kLoopDetected, "who comes back is stopped");
}

void check_key(std::string_view one, std::string_view other) {
    net::Request request = with_headers("Authorization", {one});
    // The token of an issuer may also stand alone.
    const std::string_view alone = identity::looks_like_token(one) ? one : "";
    const std::string_view token = api::bearer_token(request).value_or(alone);
    const auto key = api::presented_key(request);
    check(key.has_value() == !token.empty() && (!key || *key == token), "a bearer's token");
    request.headers.push_back({"ApiKey", other});
    const auto either = api::presented_key(request);
    check(!either || *either == (other.empty() ? token : other), "of two keys none is chosen");
    request.headers.push_back({"ApiKey", other});
    check(!api::presented_key(request), "a key comes once");
}

void check_media(std::string_view value) {
    const std::string type = api::kube::content_type(with_headers("Content-Type", {value}));
    check(type.find(';') == std::string::npos, "a media type has no parameters");
    const std::string other = api::kube::content_type(with_headers("content-type", {upper(value)}));
    check_equal(upper(other), upper(type), "a media type is read in any case");
    const net::Request accepts = with_headers("Accept", {value});
    check(!api::palette::wants_kubernetes_form(accepts) ||
              upper(value).find("VND.SNAPGATE.KUBERNETES+JSON") != std::string::npos,
          "the form of Kubernetes is for who names it");
    const net::Request packs = with_headers("Accept-Encoding", {value});
    const net::Request plain;
    check(
        (api::most_whole_bytes(packs) == api::most_whole_bytes(plain)) == !net::accepts_gzip(value),
        "more is held of what is compressed");
}

void check_manager(std::string_view value) {
    const std::string manager = api::field_manager(with_headers("User-Agent", {value}));
    check(api::is_field_manager(manager), "a manager's name is one");
    check(manager.find('/') == std::string::npos, "a manager is what comes before the version");
}

// The cookie of a console's session among others that a client sends.
void check_cookie(std::string_view value) {
    net::Request request;
    request.headers.push_back({"Host", "a"});
    const std::string set = api::set_console_secret(request, "secret");
    const std::string ours = set.substr(0, set.find(';'));
    const std::string name = ours.substr(0, ours.find('='));
    const std::string both = ours + ";" + std::string(value);
    request.headers.push_back({"Cookie", both});
    check(!api::console_secret(request),
          "a cookie without the console's header counts for nothing");
    request.headers.push_back({api::kConsoleHeader, "1"});
    check(api::is_of_console(request), "the console's header");
    const auto secret = api::console_secret(request);
    check(value.find(name) != std::string_view::npos || secret == "secret",
          "other cookies change nothing");
    check(!secret || *secret == "secret", "of two cookies of that name none counts");
    request.headers.push_back({"Sec-Fetch-Site", value});
    check(value == "same-origin" || !api::console_secret(request), "other sites get nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    const std::string_view text = fuzz::text_of(bytes, size);
    const size_t line = std::min(text.find('\n'), text.size());
    // A header's value has no blanks at its ends: the framing guard takes them off.
    const std::string_view one = net::trim_blanks(text.substr(0, line));
    const std::string_view other = net::trim_blanks(text.substr(std::min(line + 1, text.size())));
    check_accept(one);
    check_etag(one);
    check_cache_control(one, other);
    check_encoding(one);
    check_passed(one);
    check_key(one, other);
    check_media(one);
    check_manager(one);
    check_cookie(one);
    static_cast<void>(net::list_holds(one, other));
    return 0;
}
