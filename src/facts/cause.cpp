#include "facts/cause.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/utf8.h"

namespace snapgate::facts {
namespace {

constexpr size_t kMostSentenceBytes = 600;
constexpr size_t kMostClassBytes = 300;
constexpr size_t kLeastHexRun = 8;
constexpr std::string_view kSilent = "it failed, and its cluster does not say why";

// Bytes of other scripts count as letters, so a name does not end within a word of them.
bool is_word(char c) {
    return base::is_letter_or_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

// Reasons that only repeat the phase.
bool says_nothing(std::string_view reason) {
    return reason.empty() || reason == "Not ready" || reason == "Ready" || reason == "Error" ||
           reason == "Operation complete" || reason == "Operation failed" ||
           reason == "In error state" || reason == "VM snapshot is deleting";
}

std::string_view text_of(const SnapshotParts::Condition& condition) {
    if (!condition.message.empty()) return condition.message;
    return says_nothing(condition.reason) ? std::string_view() : condition.reason;
}

// What the conditions say. "Failure" comes first: it is what ended the attempt.
std::string_view from_conditions(const SnapshotParts& parts) {
    struct Telling {
        std::string_view type;
        std::string_view status;
    };
    constexpr Telling kTelling[] = {
        {"Failure", "True"}, {"Progressing", "False"}, {"Ready", "False"}};
    for (const Telling& telling : kTelling) {
        for (const SnapshotParts::Condition& condition : parts.conditions) {
            if (condition.type != telling.type || condition.status != telling.status) continue;
            if (const std::string_view text = text_of(condition); !text.empty()) return text;
        }
    }
    return {};
}

std::string what_holds_deletion(const SnapshotParts& parts) {
    if (parts.finalizers.empty()) return {};
    std::string out = parts.finalizers.size() == 1 ? "its deletion waits for the finalizer "
                                                   : "its deletion waits for the finalizers ";
    for (const std::string_view& finalizer : parts.finalizers) {
        if (&finalizer != &parts.finalizers.front()) out += ", ";
        out += finalizer;
        if (out.size() > kMostSentenceBytes) break;
    }
    return out;
}

// The length of the UUID that `text` begins with; 0 if it begins with none.
size_t uuid_at(std::string_view text) {
    constexpr size_t kUuidBytes = 36;
    if (text.size() < kUuidBytes) return 0;
    for (size_t i = 0; i < kUuidBytes; ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !base::is_hex(text[i])) return 0;
    }
    return kUuidBytes;
}

// The name that KubeVirt gives to the VolumeSnapshot of a volume: "vmsnapshot-<uid>-volume-<name>".
// What failed has no list of its volumes, so their names are found by this.
size_t volume_snapshot_at(std::string_view text) {
    constexpr std::string_view kBegin = "vmsnapshot-";
    constexpr std::string_view kMiddle = "-volume-";
    if (!text.starts_with(kBegin)) return 0;
    const size_t uuid = uuid_at(text.substr(kBegin.size()));
    size_t size = kBegin.size() + uuid;
    if (uuid == 0 || !text.substr(size).starts_with(kMiddle)) return 0;
    size += kMiddle.size();
    while (size < text.size() && (is_word(text[size]) || text[size] == '-')) ++size;
    return size;
}

size_t hex_run_at(std::string_view text) {
    size_t size = 0;
    while (size < text.size() && base::is_hex(text[size])) ++size;
    return size >= kLeastHexRun && (size == text.size() || !is_word(text[size])) ? size : 0;
}

// An IPv6 or a hardware address, without brackets: hexadecimal digits and at least two colons.
size_t colon_address_at(std::string_view text) {
    size_t size = 0;
    size_t colons = 0;
    size_t digits = 0;
    for (; size < text.size() && (base::is_hex(text[size]) || text[size] == ':'); ++size) {
        if (text[size] == ':') {
            ++colons;
            digits = 0;
        } else if (++digits > 4) {
            return 0;
        }
    }
    while (size > 0 && text[size - 1] == ':' && !text.substr(0, size).ends_with("::")) --size;
    if (colons < 2 || size < 2 || (size < text.size() && is_word(text[size]))) return 0;
    return size;
}

// A number, with the points, commas and colons within it: "3", "1,024", "10.0.0.1:443".
size_t number_at(std::string_view text) {
    size_t size = 0;
    const auto digit_at = [&](size_t at) { return at < text.size() && base::is_digit(text[at]); };
    while (size < text.size()) {
        const char c = text[size];
        const bool sign = c == '.' || c == ',' || c == ':';
        const bool within = digit_at(size) || (size > 0 && sign && digit_at(size + 1));
        if (!within) break;
        ++size;
    }
    return size;
}

size_t name_at(std::string_view text, std::span<const std::string_view> names) {
    for (const std::string_view name : names) {
        if (name.empty() || !text.starts_with(name)) continue;
        if (text.size() == name.size() || !is_word(text[name.size()])) return name.size();
    }
    return 0;
}

// What is taken out at the beginning of `text`, in bytes. `word_begins`: what is before it is no
// part of a word.
size_t varying_at(std::string_view text, bool word_begins,
                  std::span<const std::string_view> names) {
    if (word_begins) {
        if (const size_t size = name_at(text, names)) return size;
        if (const size_t size = volume_snapshot_at(text)) return size;
        if (const size_t size = uuid_at(text)) return size;
        if (const size_t size = hex_run_at(text)) return size;
        if (const size_t size = colon_address_at(text)) return size;
    }
    return number_at(text);
}

}  // namespace

std::string classify(std::string_view sentence, std::span<const std::string_view> names) {
    std::string out;
    size_t at = 0;
    while (at < sentence.size() && out.size() <= kMostClassBytes) {
        const bool word_begins = at == 0 || !is_word(sentence[at - 1]);
        if (const size_t size = varying_at(sentence.substr(at), word_begins, names)) {
            if (!out.ends_with('*')) out += '*';
            at += size;
        } else {
            out += sentence[at++];
        }
    }
    out.resize(base::clip(out, kMostClassBytes).size());
    return out;
}

std::string sentence_of(std::string_view message) {
    // Each run of blanks and controls becomes a blank.
    std::string out;
    bool gap = false;
    for (const char c : message) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') {
            gap = !out.empty();
            continue;
        }
        if (gap) out += ' ';
        gap = false;
        out += c;
        // No more is kept, and the message of an error may be long.
        if (out.size() > kMostSentenceBytes) break;
    }
    out.resize(base::clip(out, kMostSentenceBytes).size());
    return out;
}

Cause cause_of_error(std::string_view message, std::vector<std::string_view> names) {
    Cause cause;
    cause.sentence = sentence_of(message);
    // The longest name first: one may be the beginning of another.
    std::ranges::sort(names, std::ranges::greater(), &std::string_view::size);
    cause.cause_class = classify(cause.sentence, names);
    return cause;
}

Cause find_cause(const SnapshotParts& parts, State state) {
    std::string sentence;
    bool silent = false;
    if (state == State::kDeleting) {
        sentence = what_holds_deletion(parts);
    } else if (state != State::kSucceeded || !parts.ready) {
        sentence = sentence_of(parts.error_message);
        if (sentence.empty()) sentence = sentence_of(from_conditions(parts));
        silent = sentence.empty() && state == State::kFailed;
        if (silent) sentence = kSilent;
    }
    if (sentence.empty()) return {};
    std::vector<std::string_view> names = parts.volumes;
    names.insert(names.end(), {parts.name, parts.ns, parts.vm, parts.content_name});
    Cause cause = cause_of_error(sentence, std::move(names));
    cause.silent = silent;
    return cause;
}

}  // namespace snapgate::facts
