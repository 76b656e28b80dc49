#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/object.h"

namespace snapgate::json {

// Where a value is within an object: the keys on the way to it.
struct ObjectPath {
    std::array<std::string_view, 3> keys;
    size_t size = 0;
};

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
    // Finds values at these places in one pass: `values[i]` becomes the JSON of the text or boolean
    // at `paths[i]`, and "" if there is none, or something else. At most 32, each once.
    base::Result<void> find(std::span<const ObjectPath> paths, std::span<std::string_view> values);
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
