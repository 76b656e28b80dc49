#pragma once

#include <atomic>
#include <cstddef>

namespace snapgate::mirror {

// How many lists are being taken in at the same time: while they are few, each may hold more
// objects that wait for the store, which then take fewer commits. Any thread.
class ListsUnderWay {
  public:
    // One of them, until it goes.
    class Entry {
      public:
        explicit Entry(ListsUnderWay& lists) : lists_(lists) { ++lists_.count_; }
        ~Entry() { --lists_.count_; }
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;

      private:
        ListsUnderWay& lists_;
    };

    // How many objects are handed on in one step: batches of the store that share a commit.
    size_t step_objects() const { return count_ <= kFew ? kLargeStep : kSmallStep; }

  private:
    static constexpr size_t kFew = 8;
    static constexpr size_t kLargeStep = 2048;
    static constexpr size_t kSmallStep = 256;

    std::atomic<size_t> count_ = 0;
};

}  // namespace snapgate::mirror
