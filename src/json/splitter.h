#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "json/limits.h"
#include "json/value.h"

namespace snapgate::json {

// Cuts a stream of JSON, as it arrives, into the texts of its items: the elements of an "items"
// array of a top-level object (a List), the elements of a top-level array, and top-level objects
// themselves (single objects, JSON lines, watch frames), any number of these one after another with
// any white space between. Finds boundaries only; the receiver of an item parses it as a whole.
// Memory: one item and the list's envelope. Not thread-safe; one splitter for each stream.
class ItemSplitter {
  public:
    // Called with each item's text, in order; the view is valid during the call. If it returns an
    // error, the stream ends and feed() returns that error.
    using Sink = std::function<base::Result<void>(std::string_view item)>;

    explicit ItemSplitter(Sink sink, size_t max_item_bytes = kMaxObjectBytes);

    // From now on an item over the cap does not end the stream: it is skipped, and `beginning` gets
    // its beginning (about as much as the cap). A list's envelope, which may have 64 KiB at most,
    // still ends the stream if it is larger.
    void pass_over_too_large(Sink beginning) { too_large_ = std::move(beginning); }

    // Called at the end of each top-level value of the stream: they tell whether a dump is
    // complete. If a function returns an error, the stream ends, as with the sink.
    struct Values {
        // A list in an object, with its envelope: the members around its items.
        std::function<base::Result<void>(const Object& envelope)> list;
        std::function<base::Result<void>()> array;
        // An object outside any list, before it goes to the sink.
        std::function<base::Result<void>()> single;
    };
    void tell(Values values) { values_ = std::move(values); }

    // kInvalidBody if the bytes cannot be such a stream, with the number of the item (from 0) and
    // of the byte; kTooLarge for an item over the cap, or an envelope over its own.
    base::Result<void> feed(std::string_view chunk);
    // At the end of the stream: kInvalidBody if it ends within a value, with the last item before.
    base::Result<void> finish();

    size_t items() const;  // passed to the sink so far
    // The text of the newest list's envelope: the list with empty "items"; "" before the first
    // list. Complete when the list has ended.
    std::string_view envelope() const;

  private:
    // The place of the next byte in the stream.
    enum class Place {
        kBetween,    // outside of any value
        kObject,     // in a top-level object: an item, or the envelope of a list
        kItemsNull,  // in the null of {"items":null}
        kElements,   // in an array of items, between them
        kItem,       // in an element of such an array
        kScalar,     // in an element that is neither an object nor an array
    };
    // The possible next part of a top-level object, at its own depth.
    enum class Member { kKeyOrEnd, kKey, kColon, kValue, kRest };
    // The possible next part of an array of items.
    enum class Element { kFirstOrEnd, kNext, kCommaOrEnd };

    base::Result<void> step(const char*& at, const char* end);
    base::Result<void> step_between(const char*& at);
    base::Result<void> step_object(const char*& at, const char* end);
    base::Result<void> step_member_value(const char*& at);
    base::Result<void> step_elements(const char*& at);
    base::Result<void> step_scalar(const char*& at, const char* end);
    base::Result<void> begin_envelope(const char* at);
    base::Result<void> end_object(const char* at);
    base::Result<void> emit(const char* end);
    base::Result<void> keep(const char* end);
    base::Result<void> begin_passing_over(std::string_view beginning);
    const char* skip_nested(const char* at, const char* end);
    const char* skip_string(const char* at, const char* end);
    bool key_is_items(const char* end) const;
    base::Error unexpected(const char* at, std::string_view wanted) const;
    base::Error too_large() const;
    std::string behind() const;

    Sink sink_;
    Sink too_large_;
    Values values_;
    size_t max_item_bytes_;
    size_t items_ = 0;

    Place place_ = Place::kBetween;
    Member member_ = Member::kKeyOrEnd;
    Element element_ = Element::kFirstOrEnd;
    bool in_list_ =
        false;  // the splitter is in a list's array of items, or in the rest of the list
    bool items_seen_ = false;  // the top-level object has had its "items"
    bool key_is_items_ = false;
    bool in_string_ = false;
    bool escaped_ = false;   // the byte before was a backslash that escapes this one
    size_t depth_ = 0;       // number of open brackets in the top-level object or the element
    size_t null_bytes_ = 0;  // number of bytes of "null" that were read
    size_t key_start_ = 0;   // place of the key in the top-level object's text

    const char* chunk_ = nullptr;  // the chunk being read
    const char* mark_ = nullptr;   // the first byte in it that belongs to the value being read
    size_t read_ = 0;              // bytes of the stream before the chunk
    std::string kept_;             // bytes of the value being read, from earlier chunks
    bool passing_over_ = false;    // the value being read is over the cap: its bytes are dropped
    std::string envelope_;
    std::optional<base::Error> failed_;
};

}  // namespace snapgate::json
