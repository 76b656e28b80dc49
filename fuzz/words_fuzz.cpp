// Small values in parameters, flags and members: numbers, encodings, and words of a short list.
// What is read is written again as it was; what is refused is named in a short message.

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "access/principal.h"
#include "api/kube/option_errors.h"
#include "base/decimal.h"
#include "base/encoding.h"
#include "base/log.h"
#include "check.h"
#include "input.h"
#include "objects/import.h"
#include "query/parameters.h"
#include "query/parse_int64.h"
#include "query/sort_order.h"
#include "query/verdict.h"

namespace {

using namespace snapgate;
using fuzz::check;
using fuzz::check_equal;

// A refusal of a long text does not repeat all of it.
void check_refusal(const base::Error& error) {
    fuzz::check_says_why(error);
    check(error.message.size() < 16'000, "a refusal is short");
}

// A word is read if it is one of the list, and as nothing else.
template <class Read>
void check_word(std::string_view text, std::initializer_list<std::string_view> words, Read read) {
    const auto word = read(text);
    check(word.has_value() == (std::ranges::find(words, text) != words.end()),
          "a word of the list");
    if constexpr (requires { word.error(); }) {
        if (!word) check_refusal(word.error());
    }
}

void check_numbers(std::string_view text) {
    const bool digits =
        !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    const auto decimal = base::read_decimal(text);
    check(!decimal || digits, "a decimal number has digits alone");
    // Nineteen digits always fit into 64 bits.
    if (digits && text.size() <= 19) {
        uint64_t number = 0;
        for (const char c : text) number = number * 10 + static_cast<uint64_t>(c - '0');
        check(decimal == number, "a decimal number is the sum of its digits");
        check(base::read_decimal(text, number).has_value(), "a bound is part of what it bounds");
        check(number == 0 || !base::read_decimal(text, number - 1), "what is above is refused");
    }
    const auto number = query::parse_int64(text);
    if (number) {
        check(query::parse_int64(std::to_string(*number)) == number, "a number is read again");
        const std::string signless(text.substr(text.find_first_not_of("+-")));
        check(std::ranges::all_of(signless, [](char c) { return c >= '0' && c <= '9'; }),
              "a number has one sign and digits");
    }
    const auto option = api::kube::parse_int64_option("limit", text);
    check(option.has_value() == number.has_value() && (!option || *option == *number),
          "numbers are read alike");
    if (!option) check_refusal(option.error());
    const auto limit = query::parse_limit(text, 50, 500);
    if (limit) {
        check(*limit >= 1 && *limit <= 500, "a limit is within its bounds");
    } else {
        check_refusal(limit.error());
        check(limit.error().subject == "limit", "a refusal names the parameter");
    }
}

void check_versions(std::string_view text) {
    if (text.empty()) return;
    const auto version = api::kube::parse_version_option(text);
    if (version) {
        check(api::kube::parse_version_option(std::to_string(*version)) == *version,
              "a version is read again");
    } else {
        check_refusal(version.error());
    }
    const auto mirror = api::kube::parse_mirror_version(std::string(text));
    if (mirror) {
        check_equal(*mirror, text, "a cluster's version stays");
        check(std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; }),
              "a cluster's version is a word");
    } else {
        check_refusal(mirror.error());
    }
}

void check_encodings(std::string_view text) {
    std::string encoded;
    base::append_base64(text, encoded);
    check(base::decode_base64(encoded) == text, "base64 is decoded as it was encoded");
    check(base::decode_base64url(base::base64url(text)) == text, "base64url, too");
    if (const auto bytes = base::decode_base64(text)) {
        std::string again;
        base::append_base64(*bytes, again);
        check_equal(again, text, "there is one way to write base64");
    }
    if (const auto bytes = base::decode_base64url(text))
        check_equal(base::base64url(*bytes), text, "there is one way to write base64url");
    std::string out = "before";
    const bool decoded = base::append_decoded_base64(text, out);
    check(decoded == base::decode_base64(text).has_value() && (decoded || out == "before"),
          "what is refused leaves nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    const std::string_view text = fuzz::text_of(bytes, size);
    check_numbers(text);
    check_versions(text);
    check_encodings(text);
    check_word(text, {"reader", "editor", "admin"}, access::parse_role);
    check_word(text, {"debug", "info", "warning", "error"}, base::log::parse_level);
    check_word(text, {"", "replace", "skip", "fail"}, objects::parse_on_conflict);
    const auto order = query::SortOrder::parse(text);
    check(!order || order->descending == text.starts_with('-'), "a minus is for descending");
    const auto vm_order = query::VmOrder::parse(text);
    check(!vm_order || vm_order->descending == text.starts_with('-'), "of VMs, too");
    return 0;
}
