#include "rules/faults.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/quote.h"
#include "base/utf8.h"

namespace snapgate::rules {
namespace {

constexpr size_t kMostFieldBytes = 256;

}  // namespace

void Faults::add(std::string_view reason, std::string message, std::string_view field) {
    if (!full()) causes_.push_back({std::string(reason), std::move(message), std::string(field)});
}

void Faults::invalid(std::string_view field, std::string_view value, std::string_view detail) {
    add("FieldValueInvalid", fmt::format("Invalid value: {}: {}", value, detail), field);
}

void Faults::required(std::string_view field, std::string_view detail) {
    add("FieldValueRequired",
        detail.empty() ? "Required value" : fmt::format("Required value: {}", detail), field);
}

void Faults::forbidden(std::string_view field, std::string_view detail) {
    add("FieldValueForbidden", fmt::format("Forbidden: {}", detail), field);
}

void Faults::too_long(std::string_view field, size_t most_bytes) {
    add("FieldValueTooLong", fmt::format("Too long: must have at most {} bytes", most_bytes),
        field);
}

void Faults::wrong_type(std::string_view field, std::string_view value, std::string_view type) {
    add("FieldValueTypeInvalid",
        fmt::format("Invalid value: {0}: {1} in body must be of type {2}: {0}", value, field, type),
        field);
}

void Faults::duplicate(std::string_view field, std::string_view value) {
    add("FieldValueDuplicate", fmt::format("Duplicate value: {}", value), field);
}

void Faults::unsupported(std::string_view field, std::string_view value,
                         std::string_view supported) {
    add("FieldValueNotSupported",
        fmt::format("Unsupported value: {}: supported values: {}", value, supported), field);
}

base::Error Faults::error(const Subject& subject) const {
    std::vector<std::string> messages;
    for (const base::Cause& cause : causes_) {
        std::string message = fmt::format("{}: {}", cause.field, cause.message);
        if (std::ranges::find(messages, message) == messages.end())
            messages.push_back(std::move(message));
    }
    std::string list = fmt::format("{}", fmt::join(messages, ", "));
    std::string kind =
        subject.group.empty() ? subject.kind : fmt::format("{}.{}", subject.kind, subject.group);
    base::Error error(base::Code::kInvalid,
                      fmt::format("{} {} is invalid: {}", kind, base::quote(subject.name),
                                  messages.size() > 1 ? fmt::format("[{}]", list) : list),
                      causes_.empty() ? std::string() : causes_.front().field);
    error.causes = causes_;
    error.about = base::About{subject.group, subject.kind, subject.name, {}};
    return error;
}

base::Error bad_request(std::string message, std::string_view field) {
    return {base::Code::kInvalidBody, std::move(message),
            std::string(base::clip(field, kMostFieldBytes))};
}

}  // namespace snapgate::rules
