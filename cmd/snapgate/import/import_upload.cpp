#include "import/import_upload.h"

#include <utility>

#include "import/implied_kind.h"
#include "json/cluster_answers.h"
#include "json/kept_object.h"
#include "json/value.h"
#include "terminal/json_line.h"

namespace snapgate::cli {
namespace {

constexpr size_t kPieceBytes = 256 << 10;

// Of a kind of which only parts are kept, those parts: the rest may hold secrets, and is not even
// sent. "" for any other object, and for one that the server will refuse.
std::string kept_text(std::string_view item) {
    const auto* kind = model::find_kept_kind(json::read_cut_object(item).kind);
    if (kind == nullptr) return {};
    auto object = json::prepare_kept(*kind, item);
    if (!object) return {};
    return std::move(object->text.insert(object->version_offset, object->version));
}

}  // namespace

ImportUpload::ImportUpload(const std::vector<ImportInput>& inputs, const CheckReport& report,
                           Advanced advanced)
    : inputs_(inputs), report_(report), advanced_(std::move(advanced)), room_(kPieceBytes, '\0') {}

void ImportUpload::begin_item() {
    piece_ += items_ == 0 ? '[' : ',';
    ++items_;
}

void ImportUpload::put_stand_in(std::string_view beginning) {
    too_large_.insert(items_);
    begin_item();
    const json::ObjectHead head = json::read_cut_object(beginning);
    const json::Object stand_in{
        {"metadata", json::Object{{"namespace", head.ns}, {"name", head.name}}}};
    piece_ += json::serialize(stand_in);
    piece_ += '\n';
}

void ImportUpload::begin_input() {
    splitter_.emplace([this, implied = report_.implied_kind[input_]](
                          std::string_view item) -> base::Result<void> {
        begin_item();
        if (implied && lacks_kind(item)) {
            append_json_line(with_kind(item), piece_);
        } else if (const std::string kept = kept_text(item); !kept.empty()) {
            append_json_line(kept, piece_);
        } else {
            append_json_line(item, piece_);
        }
        return {};
    });
    splitter_->pass_over_too_large([this](std::string_view beginning) -> base::Result<void> {
        put_stand_in(beginning);
        return {};
    });
}

base::Result<std::string_view> ImportUpload::next() {
    piece_.clear();
    while (input_ < inputs_.size() && piece_.size() < kPieceBytes) {
        const ImportInput& input = inputs_[input_];
        if (!splitter_) begin_input();
        SNAPGATE_ASSIGN(std::string_view read, input.read(offset_, room_));
        if (!read.empty()) {
            SNAPGATE_TRY(splitter_->feed(read));
            offset_ += read.size();
        } else {
            SNAPGATE_TRY(splitter_->finish());
            splitter_.reset();
            bytes_before_ += std::exchange(offset_, 0);
            ++input_;
        }
        if (advanced_) advanced_(bytes_before_ + offset_, items_);
    }
    if (input_ == inputs_.size() && !std::exchange(ended_, true))
        piece_ += items_ == 0 ? "[]" : "]";
    return std::string_view(piece_);
}

std::optional<Origin> origin_of(size_t index, const std::vector<size_t>& items) {
    for (size_t input = 0; input < items.size(); ++input) {
        if (index < items[input]) return Origin{input, index};
        index -= items[input];
    }
    return std::nullopt;
}

}  // namespace snapgate::cli
