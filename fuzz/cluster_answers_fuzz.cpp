// Whatever a cluster answers: it is read or refused, what is shown of it is bounded and fits in a
// line, and no part of it is taken for something that it does not say.

#include <cstdint>
#include <string>

#include "check.h"
#include "connect/cluster_target.h"
#include "input.h"
#include "json/api_version.h"
#include "json/cluster_answers.h"
#include "mirror/setback.h"
#include "net/client/messages.h"
#include "objects/cluster_answer.h"

namespace {

namespace json = snapgate::json;
namespace mirror = snapgate::mirror;
using snapgate::fuzz::check;

void check_setback(const mirror::Setback& setback) {
    check(setback.message.size() < 2'000 && setback.reason.size() < 600, "what is shown is short");
    for (const char c : setback.message + setback.reason)
        check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "what is shown fits in a line");
    check(!setback.retry_after || *setback.retry_after <= mirror::kMostRetryAfter, "a pause");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    if (size < 2) return 0;
    snapgate::net::ClientResponse answer;
    answer.status = 100 + (bytes[0] * 256U + bytes[1]) % 500;
    const std::string_view text = snapgate::fuzz::text_of(bytes + 2, size - 2);
    answer.body = text;
    answer.headers.emplace_back("Retry-After", text.substr(0, 20));
    answer.headers.emplace_back("Content-Encoding", text.substr(0, 20));
    check_setback(mirror::setback_of(answer));
    static_cast<void>(snapgate::connect::check_readable(answer));
    const auto seconds = snapgate::objects::retry_after_seconds(answer);
    check(!seconds || (*seconds >= 1 && *seconds <= 3600), "a time to come back");
    const auto status = json::read_status(text);
    if (status) check(json::is_json_of_any_depth(text), "a Status is JSON");
    const auto head = json::read_object_head(text);
    if (head) check(json::is_json_of_any_depth(text), "an object is JSON");
    static_cast<void>(json::read_cut_object(text));
    static_cast<void>(json::read_list_head(text));
    static_cast<void>(json::read_listed_heads(text));
    static_cast<void>(json::read_access_verdict(text));
    static_cast<void>(json::read_group_versions(text));
    static_cast<void>(json::read_resource_names(text));
    static_cast<void>(json::read_server_version(text));
    static_cast<void>(json::read_type(text));
    return 0;
}
