#pragma once

namespace snapgate::base {

// Deletes an object of a C library by the library's own function: the deleter of a unique_ptr.
template <auto free>
struct FreeWith {
    template <class T>
    void operator()(T* pointer) const {
        free(pointer);
    }
};

}  // namespace snapgate::base
