#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/object.h"

namespace snapgate::json {

// Looks into one object in its Kubernetes form: for answers that show a part of it. Texts are taken
// over as they are stored, without being decoded. Keeps its memory between objects; not
// thread-safe, use one a thread. What it hands out is good until the next read().
class ObjectView {
  public:
    ObjectView();
    ~ObjectView();
    ObjectView(const ObjectView&) = delete;
    ObjectView& operator=(const ObjectView&) = delete;

    // kCorrupt if it cannot be read.
    base::Result<void> read(const model::StoredObject& stored, const FormChanges& changes);

    // The whole object.
    std::string_view text() const { return std::string_view(padded_).substr(0, size_); }
    // The JSON of the text, or of the boolean, at a JSON pointer ("/spec/source/kind"); "" if there
    // is none, or something else.
    std::string_view text_at(std::string_view pointer);
    std::string_view boolean_at(std::string_view pointer);
    // The text itself.
    std::optional<std::string> value_at(std::string_view pointer);
    // Appends its metadata as Go writes an ObjectMeta: the fields in the order of that type,
    // without empty ones and those it does not know.
    base::Result<void> append_metadata(std::string& out);

  private:
    struct Reader;  // the library's parser
    std::unique_ptr<Reader> reader_;
    std::string padded_;
    size_t size_ = 0;
    // Lists of metadata with the members of their objects in another order.
    std::string owners_;
    std::string managed_fields_;
};

// The calling thread's own.
ObjectView& thread_object_view();

}  // namespace snapgate::json
