#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/object.h"

namespace snapgate::json {

// The place of a value within an object: the keys on the way to it.
struct ObjectPath {
    std::array<std::string_view, 3> keys;
    size_t size = 0;
};

// Looks into one object in its Kubernetes form, for answers that show a part of it. Texts are
// copied as they are stored, without decoding. Keeps its memory between objects. Not thread-safe:
// use one for each thread. The views that it returns are valid until the next read().
class ObjectView {
  public:
    ObjectView();
    ~ObjectView();
    ObjectView(const ObjectView&) = delete;
    ObjectView& operator=(const ObjectView&) = delete;

    // kCorrupt if the object cannot be read.
    base::Result<void> read(const model::StoredObject& stored, const FormChanges& changes);

    // The whole object.
    std::string_view text() const { return std::string_view(padded_).substr(0, size_); }
    // Finds the values at these places in one pass: `values[i]` becomes the JSON of the text or
    // boolean at `paths[i]`, and "" if there is no value, or one of another type. At most 32 paths,
    // each once.
    base::Result<void> find(std::span<const ObjectPath> paths, std::span<std::string_view> values);
    // Appends the object's metadata as Go writes an ObjectMeta: the fields in the order of that
    // type, without empty fields and without fields that the type does not have.
    base::Result<void> append_metadata(std::string& out);

  private:
    struct Reader;  // the library's parser
    std::unique_ptr<Reader> reader_;
    std::string padded_;
    size_t size_ = 0;
    // Buffers for lists of metadata whose objects' members get another order.
    std::string owners_;
    std::string managed_fields_;
};

// The ObjectView of the calling thread.
ObjectView& thread_object_view();

}  // namespace snapgate::json
