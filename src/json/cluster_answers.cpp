#include "json/cluster_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "base/byte_scan.h"
#include "base/utf8.h"
#include "json/document.h"
#include "json/list_reader.h"
#include "json/value.h"
#include "json/whole_number.h"

namespace snapgate::json {

using base::Code;
using base::Error;
using base::Result;

namespace {

// No text in an answer of a cluster is longer than this.
constexpr size_t kMaxText = 64 << 10;
constexpr size_t kMaxCauses = 100;
constexpr size_t kMaxVersions = 100;

Document& thread_document() {
    thread_local Document document;
    return document;
}

Error wrong(std::string_view what) {
    return {Code::kInvalidBody, fmt::format("this is no {}", what)};
}

// The text at a key; "" if the key is absent or has a value of another type.
std::string text_member(const simdjson::dom::element& object, std::string_view key) {
    const auto value = last_member(object, key);
    std::string_view text;
    if (!value || value->get(text) != simdjson::SUCCESS || text.size() > kMaxText) return {};
    return std::string(text);
}

std::optional<simdjson::dom::element> last_object(const simdjson::dom::element& object,
                                                  std::string_view key) {
    auto value = last_member(object, key);
    if (!value || !value->is_object()) return std::nullopt;
    return value;
}

Result<simdjson::dom::element> read_object(std::string_view text, std::string_view what) {
    SNAPGATE_ASSIGN(const simdjson::dom::element root, thread_document().parse(text));
    if (!root.is_object()) return wrong(what);
    return root;
}

std::string string_member(const Object& object, std::string_view name) {
    const Value* value = object.if_contains(name);
    if (value == nullptr || !value->is_string() || value->get_string().size() > kMaxText) return {};
    return std::string(value->get_string());
}

std::optional<uint32_t> number_member(const Object& object, std::string_view name) {
    const auto number = whole_number(object, name, 0, UINT32_MAX);
    if (!number) return std::nullopt;
    return static_cast<uint32_t>(*number);
}

const Object* object_member(const Object& object, std::string_view name) {
    const Value* value = object.if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

const Array* array_member(const Object& object, std::string_view name) {
    const Value* value = object.if_contains(name);
    return value == nullptr ? nullptr : value->if_array();
}

// "26", and "26+" as some providers write it.
unsigned leading_number(std::string_view text) {
    unsigned number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// The characters that end a value, or may hide its end. This runs over millions of frames.
enum : uint8_t { kPlain = 0, kQuote = 1, kOpens = 2, kCloses = 3, kComma = 4 };
constexpr std::array<uint8_t, 256> kClass = [] {
    std::array<uint8_t, 256> table{};
    table['"'] = kQuote;
    table['{'] = table['['] = kOpens;
    table['}'] = table[']'] = kCloses;
    table[','] = kComma;
    return table;
}();

// Walks over a text that should be JSON, byte by byte, and trusts none of it.
class FrameReader {
  public:
    explicit FrameReader(std::string_view text) : text_(text) {}

    void skip_blanks() {
        while (at_ < text_.size() &&
               std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
            ++at_;
    }
    bool take(char c) {
        skip_blanks();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    bool at_end() {
        skip_blanks();
        return at_ == text_.size();
    }
    // Whether that comes next. It is not taken.
    bool sees(char c) {
        skip_blanks();
        return at_ < text_.size() && text_[at_] == c;
    }
    // A string's bytes between its quotes, as they stand there.
    std::optional<std::string_view> take_string() {
        if (!take('"')) return std::nullopt;
        const size_t begin = at_;
        while (true) {
            at_ = text_.find_first_of("\"\\", at_);
            if (at_ >= text_.size()) return std::nullopt;
            if (text_[at_] == '"') break;
            at_ += 2;
        }
        return text_.substr(begin, at_++ - begin);
    }
    // Takes a value of any type.
    std::optional<std::string_view> take_value() {
        skip_blanks();
        const size_t begin = at_;
        size_t depth = 0;
        const char* at = text_.data() + begin;
        const char* const end = text_.data() + text_.size();
        for (bool whole = false; at != end && !whole;) {
            const uint8_t kind = kClass[static_cast<uint8_t>(*at)];
            if (kind == kPlain) {
                ++at;
                continue;
            }
            if ((kind == kCloses || kind == kComma) && depth == 0) break;
            if (kind == kQuote) {
                at = skip_string(at + 1, end);
                if (at == nullptr) return std::nullopt;
                whole = depth == 0;
                continue;
            }
            if (kind == kOpens) ++depth;
            if (kind == kCloses) whole = --depth == 0;
            ++at;
        }
        at_ = static_cast<size_t>(at - text_.data());
        if (at_ > text_.size() || at_ == begin) return std::nullopt;
        return text_.substr(begin, at_ - begin);
    }

  private:
    // The place behind the quote that ends the string; null if no quote ends it.
    static const char* skip_string(const char* at, const char* end) {
        while (at != end) {
            if (end - at >= 8) {
                const uint64_t bytes = base::load_eight(at);
                const uint64_t found =
                    base::bytes_equal_to(bytes, '"') | base::bytes_equal_to(bytes, '\\');
                at += found == 0 ? 8 : base::bytes_before_first(found);
                if (found == 0) continue;
            }
            const char c = *at++;
            if (c == '"') return at;
            if (c == '\\' && at != end) ++at;
        }
        return nullptr;
    }

    std::string_view text_;
    size_t at_ = 0;
};

// What a string's bytes between its quotes stand for; nullopt if they are no text.
std::optional<std::string> unescaped(std::string_view raw) {
    if (raw.size() > kMaxText || !base::is_utf8(raw)) return std::nullopt;
    if (raw.find('\\') == std::string_view::npos) return std::string(raw);
    const auto value = parse(fmt::format("\"{}\"", raw));
    if (!value || !value->is_string()) return std::nullopt;
    return std::string(value->get_string());
}

// Where a member of an object, or of its metadata, is noted; null for one that is not.
std::string* place_in(ObjectHead& head, std::string_view key, bool in_metadata) {
    if (!in_metadata) {
        if (key == "kind") return &head.kind;
        return key == "apiVersion" ? &head.api_version : nullptr;
    }
    if (key == "namespace") return &head.ns;
    if (key == "name") return &head.name;
    if (key == "uid") return &head.uid;
    return key == "resourceVersion" ? &head.version : nullptr;
}

// The members of the object that comes next, until it ends or is cut off.
void read_cut_members(FrameReader& reader, size_t levels, bool in_metadata, ObjectHead& head) {
    if (levels == 0 || !reader.take('{')) return;
    do {
        const auto raw = reader.take_string();
        if (!raw || !reader.take(':')) return;
        const auto key = unescaped(*raw);
        if (key && !in_metadata && (*key == "object" || *key == "metadata") && reader.sees('{')) {
            const bool is_metadata = *key == "metadata";
            if (is_metadata) head.ns = head.name = head.uid = head.version = "";
            read_cut_members(reader, levels - 1, is_metadata, head);
            continue;
        }
        const auto value = reader.take_value();
        if (!value) return;
        std::string* const place = key ? place_in(head, *key, in_metadata) : nullptr;
        if (place == nullptr) continue;
        // A key given twice counts as it comes last, also where that is no text.
        const bool is_text = value->size() >= 2 && value->front() == '"' && value->back() == '"';
        auto text = is_text ? unescaped(value->substr(1, value->size() - 2)) : std::nullopt;
        *place = std::move(text).value_or("");
    } while (reader.take(','));
    reader.take('}');
}

}  // namespace

// Read by hand: a frame has two members, in any order, and what else a server puts beside them. Its
// object is parsed later, where it is taken in.
Result<WatchFrame> read_watch_frame(std::string_view text) {
    FrameReader reader(text);
    WatchFrame frame;
    bool has_object = false;
    if (!reader.take('{')) return wrong("event of a watch");
    do {
        const auto key = reader.take_string();
        if (!key || !reader.take(':')) return wrong("event of a watch");
        const auto value = reader.take_value();
        if (!value) return wrong("event of a watch");
        if (*key == "object") {
            frame.object = *value;
            has_object = true;
        } else if (*key == "type") {
            if (value->size() < 2 || value->size() > 64 || value->front() != '"')
                return wrong("event of a watch");
            frame.type = value->substr(1, value->size() - 2);
        }
    } while (reader.take(','));
    if (!reader.take('}') || !reader.at_end() || frame.type.empty() || !has_object)
        return wrong("event of a watch");
    return frame;
}

Result<ObjectHead> read_object_head(std::string_view text) {
    SNAPGATE_ASSIGN(const simdjson::dom::element root, read_object(text, "Kubernetes object"));
    ObjectHead head;
    head.api_version = text_member(root, "apiVersion");
    head.kind = text_member(root, "kind");
    const auto metadata = last_object(root, "metadata");
    if (!metadata) return wrong("Kubernetes object: it has no metadata");
    head.ns = text_member(*metadata, "namespace");
    head.name = text_member(*metadata, "name");
    head.uid = text_member(*metadata, "uid");
    head.version = text_member(*metadata, "resourceVersion");
    if (const auto annotations = last_object(*metadata, "annotations"))
        head.ends_initial_events = text_member(*annotations, "k8s.io/initial-events-end") == "true";
    return head;
}

ObjectHead read_cut_object(std::string_view beginning) {
    ObjectHead head;
    FrameReader reader(beginning);
    read_cut_members(reader, 3, false, head);
    return head;
}

bool is_json_of_any_depth(std::string_view text) {
    // This parser is not kept: one that has read such a text holds much memory.
    simdjson::dom::parser parser;
    if (text.empty() || parser.allocate(text.size(), text.size() + 1) != simdjson::SUCCESS)
        return false;
    return parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

Result<ListHead> read_list_head(std::string_view text) {
    SNAPGATE_ASSIGN(const simdjson::dom::element root, read_object(text, "list"));
    ListHead head;
    head.api_version = text_member(root, "apiVersion");
    head.kind = text_member(root, "kind");
    if (const auto metadata = last_object(root, "metadata")) {
        head.version = text_member(*metadata, "resourceVersion");
        head.continue_token = text_member(*metadata, "continue");
    }
    return head;
}

Result<std::vector<ObjectHead>> read_listed_heads(std::string_view text) {
    std::vector<ObjectHead> heads;
    const auto take = [&heads](std::string_view item) -> Result<void> {
        SNAPGATE_ASSIGN(heads.emplace_back(), read_object_head(item));
        return {};
    };
    ListReader list(take);
    SNAPGATE_TRY(list.feed(text));
    SNAPGATE_TRY(list.finish());
    return heads;
}

bool StatusAnswer::has_cause(std::string_view cause_reason) const {
    return std::ranges::any_of(causes,
                               [&](const auto& cause) { return cause.reason == cause_reason; });
}

Result<StatusAnswer> read_status(std::string_view text) {
    SNAPGATE_ASSIGN(const Value value, parse(text));
    const Object* root = value.if_object();
    if (root == nullptr || string_member(*root, "kind") != "Status") return wrong("Status");
    StatusAnswer status;
    status.code = number_member(*root, "code").value_or(0);
    status.reason = string_member(*root, "reason");
    status.message = string_member(*root, "message");
    const Object* details = object_member(*root, "details");
    if (details == nullptr) return status;
    status.kind = string_member(*details, "kind");
    status.name = string_member(*details, "name");
    status.group = string_member(*details, "group");
    status.uid = string_member(*details, "uid");
    status.retry_after_seconds = number_member(*details, "retryAfterSeconds");
    const Array* causes = array_member(*details, "causes");
    if (causes == nullptr) return status;
    for (const Value& one : *causes) {
        const Object* cause = one.if_object();
        if (cause == nullptr || status.causes.size() == kMaxCauses) break;
        status.causes.push_back({string_member(*cause, "reason"), string_member(*cause, "message"),
                                 string_member(*cause, "field")});
    }
    return status;
}

Result<AccessVerdict> read_access_verdict(std::string_view text) {
    SNAPGATE_ASSIGN(const Value value, parse(text));
    const Object* root = value.if_object();
    const Object* status = root == nullptr ? nullptr : object_member(*root, "status");
    const Value* allowed = status == nullptr ? nullptr : status->if_contains("allowed");
    if (allowed == nullptr || !allowed->is_bool()) return wrong("SelfSubjectAccessReview");
    return AccessVerdict{allowed->get_bool(), string_member(*status, "reason")};
}

Result<std::vector<std::string>> read_group_versions(std::string_view text) {
    SNAPGATE_ASSIGN(const Value value, parse(text));
    const Object* root = value.if_object();
    if (root == nullptr || string_member(*root, "kind") != "APIGroup") return wrong("APIGroup");
    std::vector<std::string> versions;
    if (const Object* preferred = object_member(*root, "preferredVersion"))
        versions.push_back(string_member(*preferred, "version"));
    const Array* all = array_member(*root, "versions");
    if (all == nullptr) return wrong("APIGroup: it has no versions");
    for (const Value& one : *all) {
        const Object* version = one.if_object();
        if (version == nullptr || versions.size() == kMaxVersions) break;
        std::string name = string_member(*version, "version");
        if (std::ranges::find(versions, name) == versions.end())
            versions.push_back(std::move(name));
    }
    std::erase(versions, "");
    return versions;
}

Result<std::vector<std::string>> read_resource_names(std::string_view text) {
    SNAPGATE_ASSIGN(const Value value, parse(text));
    const Object* root = value.if_object();
    if (root == nullptr || string_member(*root, "kind") != "APIResourceList")
        return wrong("APIResourceList");
    std::vector<std::string> names;
    const Array* all = array_member(*root, "resources");
    if (all == nullptr) return names;
    for (const Value& one : *all) {
        const Object* resource = one.if_object();
        if (resource == nullptr) continue;
        std::string name = string_member(*resource, "name");
        // A subresource is named behind its resource: "virtualmachines/status".
        if (!name.empty() && name.find('/') == std::string::npos) names.push_back(std::move(name));
    }
    return names;
}

Result<ServerVersion> read_server_version(std::string_view text) {
    SNAPGATE_ASSIGN(const Value value, parse(text));
    const Object* root = value.if_object();
    if (root == nullptr) return wrong("server's version");
    ServerVersion version;
    version.major = leading_number(string_member(*root, "major"));
    version.minor = leading_number(string_member(*root, "minor"));
    version.text = string_member(*root, "gitVersion");
    if (version.major == 0) return wrong("server's version");
    return version;
}

}  // namespace snapgate::json
