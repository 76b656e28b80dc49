#pragma once

#include <atomic>

namespace snapgate::base {

// Sets it to `value`, unless it is that or more already: whatever several threads do at once, it
// only grows.
template <class T>
void raise(std::atomic<T>& to, T value) {
    T known = to.load();
    while (known < value && !to.compare_exchange_weak(known, value)) {
    }
}

}  // namespace snapgate::base
