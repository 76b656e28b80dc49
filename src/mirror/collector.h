#pragma once

#include <vector>

#include "mirror/lists_under_way.h"
#include "mirror/object_sink.h"
#include "mirror/setback.h"
#include "model/object.h"
#include "net/http/http.h"

namespace snapgate::mirror {

// What one list may hold, in the store's form; one with more is taken for a list without an end.
struct MostListed {
    size_t objects = 20'000'000;
    size_t bytes = size_t{4} << 30;
};

// Hands the objects of a new state of everything to the sink, in steps, as they come. One thread;
// the sink outlives it.
class Collector {
  public:
    Collector(ObjectSink& sink, const ListsUnderWay& lists, const MostListed& most)
        : sink_(sink), lists_(lists), most_(most) {}

    // A new state begins: what was collected of another is forgotten.
    net::Awaitable<Outcome<void>> begin();
    void add(model::PreparedObject object);
    // Hands on what makes a full step; with `all`, what is left, too.
    net::Awaitable<Outcome<void>> flush(bool all);

  private:
    ObjectSink& sink_;
    const ListsUnderWay& lists_;
    const MostListed most_;
    std::vector<model::PreparedObject> objects_;
    size_t bytes_ = 0;
    size_t handed_on_ = 0;
    size_t bytes_handed_on_ = 0;
};

}  // namespace snapgate::mirror
