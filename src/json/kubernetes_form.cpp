#include <array>
#include <span>

#include "base/encoding.h"
#include "json/object.h"
#include "model/api_names.h"

namespace snapgate::json {
namespace {

using base::Result;

constexpr std::string_view kApiVersionKey = R"("apiVersion":")";

// Bytes of the stored text that are replaced by others. No mark is within them.
struct Change {
    size_t offset = 0;
    size_t length = 0;
    std::string_view bytes;
};

// Where the object's own apiVersion is. Keys are sorted and the text is compact, so it comes right
// at the start, or after members with keys that are less: those of no known field.
std::optional<size_t> find_api_version(std::string_view text) {
    int depth = 0;
    for (size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        if (c != '"') continue;
        if (depth == 1 && text.substr(at).starts_with(kApiVersionKey)) {
            const size_t value = at + kApiVersionKey.size();
            if (text.substr(value).starts_with(model::kStoredApiVersion)) return value;
            return std::nullopt;
        }
        for (++at; at < text.size() && text[at] != '"'; ++at) {
            if (text[at] == '\\') ++at;
        }
    }
    return std::nullopt;
}

// Copies a stored text piece by piece, changed.
class FormWriter {
  public:
    FormWriter(std::string_view text, std::span<const Change> changes, std::string& out)
        : text_(text), changes_(changes), out_(out) {}

    // In a damaged object places may overlap: then the later one is passed over.
    void copy_up_to(size_t offset) {
        while (!changes_.empty() && changes_.front().offset < offset) {
            const Change& change = changes_.front();
            changes_ = changes_.subspan(1);
            if (change.offset < at_) continue;
            out_.append(text_, at_, change.offset - at_);
            out_ += change.bytes;
            at_ = change.offset + change.length;
        }
        if (offset <= at_) return;
        out_.append(text_, at_, offset - at_);
        at_ = offset;
    }

    Result<void> apply(const model::MarkReader::Mark& mark) {
        copy_up_to(mark.offset);
        if (mark.type == model::PatchMark::Type::kInsert) {
            out_ += mark.bytes;
            return {};
        }
        std::string_view wrapped = text_.substr(mark.offset, mark.length);
        at_ += mark.length;
        if (wrapped.size() < model::kRawHead.size() + model::kRawTail.size() ||
            !wrapped.starts_with(model::kRawHead) || !wrapped.ends_with(model::kRawTail))
            return model::unreadable_object("a mark points at no Raw");
        wrapped.remove_prefix(model::kRawHead.size());
        wrapped.remove_suffix(model::kRawTail.size());
        if (!base::append_decoded_base64(wrapped, out_))
            return model::unreadable_object("a Raw is no base64");
        return {};
    }

  private:
    std::string_view text_;
    std::span<const Change> changes_;  // in order
    std::string& out_;
    size_t at_ = 0;
};

}  // namespace

Result<void> append_kubernetes_form(const model::StoredObject& stored, std::string& out) {
    return append_kubernetes_form(stored, FormChanges{}, out);
}

Result<void> append_kubernetes_form(const model::StoredObject& stored, const FormChanges& changes,
                                    std::string& out) {
    std::array<Change, 2> list;
    size_t count = 0;
    if (changes.v1alpha1) {
        const auto at = find_api_version(stored.text);
        if (!at) return model::unreadable_object("it is of another version of the API");
        list[count++] = {*at, model::kStoredApiVersion.size(), model::kOldApiVersion};
    }
    if (changes.version) {
        list[count++] = {static_cast<size_t>(stored.version.data() - stored.text.data()),
                         stored.version.size(), *changes.version};
    }
    out.reserve(out.size() + stored.text.size() + stored.marks.size());
    FormWriter writer(stored.text, std::span(list).first(count), out);
    model::MarkReader marks(stored);
    while (!marks.at_end()) {
        SNAPGATE_ASSIGN(const model::MarkReader::Mark mark, marks.next());
        SNAPGATE_TRY(writer.apply(mark));
    }
    writer.copy_up_to(stored.text.size());
    return {};
}

}  // namespace snapgate::json
