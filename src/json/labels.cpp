#include <simdjson.h>

#include <algorithm>
#include <memory>

#include "json/object.h"
#include "json/text_skip.h"

namespace snapgate::json {
namespace {

// A reader of texts that are known to be JSON: it looks only at what is asked for. Keeps its memory
// between texts; a copy, because it reads a little beyond the end.
struct QuickReader {
    simdjson::ondemand::parser parser;
    std::string padded;
};

QuickReader& quick_reader() {
    thread_local auto reader = std::make_unique<QuickReader>();
    return *reader;
}

// Memory that one unusually large object leaves behind is given back.
constexpr size_t kKeptBytes = 256 << 10;

simdjson::error_code read(std::string_view text, QuickReader& reader,
                          std::vector<std::pair<std::string, std::string>>& labels) {
    reader.padded.assign(text);
    reader.padded.append(simdjson::SIMDJSON_PADDING, ' ');
    simdjson::ondemand::document document;
    if (auto error = reader.parser
                         .iterate(simdjson::padded_string_view(reader.padded.data(), text.size(),
                                                               reader.padded.size()))
                         .get(document))
        return error;
    simdjson::ondemand::object found;
    if (auto error = document.get_object().get(found)) return error;
    for (auto field : found) {
        std::string_view key;
        std::string_view value;
        if (auto failed = field.unescaped_key().get(key)) return failed;
        if (auto failed = field.value().get_string().get(value)) return failed;
        labels.emplace_back(key, value);
    }
    return simdjson::SUCCESS;
}

}  // namespace

std::string_view labels_text(const model::StoredObject& stored) {
    const auto metadata = find_member(stored.text, 0, "metadata");
    const auto labels = metadata && metadata->found
                            ? find_member(stored.text, metadata->value, "labels")
                            : std::nullopt;
    if (!labels || !labels->found) return {};
    const size_t end = skip_value(stored.text, labels->value);
    return stored.text.substr(labels->value, end - labels->value);
}

base::Result<std::vector<std::pair<std::string, std::string>>> read_labels(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> labels;
    if (text.empty()) return labels;
    QuickReader& reader = quick_reader();
    auto error = read(text, reader, labels);
    if (reader.padded.capacity() > kKeptBytes) reader = QuickReader();
    if (error) {
        return model::unreadable_object(std::string("its labels: ") +
                                        simdjson::error_message(error));
    }
    std::ranges::sort(labels);
    return labels;
}

base::Result<std::vector<std::pair<std::string, std::string>>> read_labels(
    const model::StoredObject& stored) {
    return read_labels(labels_text(stored));
}

std::string_view read_phase(const model::StoredObject& ns) {
    // Keys are sorted, so a Namespace ends with its status, and that holds its phase alone, a word.
    constexpr std::string_view kBefore = R"("status":{"phase":")";
    constexpr std::string_view kBehind = R"("}})";
    const size_t at = ns.text.rfind(kBefore);
    if (at == std::string_view::npos || !ns.text.ends_with(kBehind)) return {};
    const std::string_view rest = ns.text.substr(at + kBefore.size());
    if (rest.size() < kBehind.size()) return {};
    return rest.substr(0, rest.size() - kBehind.size());
}

}  // namespace snapgate::json
