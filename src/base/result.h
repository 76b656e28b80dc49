#pragma once

#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace snapgate::base {

// A value, or the Error that says why there is no value. Errors are part of a signature; exceptions
// are for bugs. This class exists because tl::expected is not [[nodiscard]].
template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  public:
    using Base = tl::expected<T, Error>;
    using Base::Base;
    // NOLINTNEXTLINE(google-explicit-constructor): an Error converts to a failed Result everywhere.
    Result(Error error) : Base(tl::unexpected<Error>(std::move(error))) {}
    // NOLINTNEXTLINE(google-explicit-constructor)
    Result(Base base) : Base(std::move(base)) {}
};

}  // namespace snapgate::base

#define SNAPGATE_CONCAT_(a, b) a##b
#define SNAPGATE_CONCAT(a, b) SNAPGATE_CONCAT_(a, b)

// SNAPGATE_TRY(expr): returns the error of a failed Result from the enclosing function.
// SNAPGATE_CO_TRY(expr): the same in a coroutine, where the expression may contain a co_await.
#define SNAPGATE_TRY(expr) SNAPGATE_TRY_(expr, return)
#define SNAPGATE_CO_TRY(expr) SNAPGATE_TRY_(expr, co_return)
#define SNAPGATE_TRY_(expr, leave)                                              \
    do {                                                                        \
        auto snapgate_try_result = (expr);                                      \
        if (!snapgate_try_result) leave std::move(snapgate_try_result).error(); \
    } while (false)

// SNAPGATE_ASSIGN(auto x, expr) and SNAPGATE_CO_ASSIGN(auto x, expr): the same, and bind the value
// of a successful one.
#define SNAPGATE_ASSIGN(decl, expr) \
    SNAPGATE_ASSIGN_(decl, expr, return, SNAPGATE_CONCAT(snapgate_assign_, __LINE__))
#define SNAPGATE_CO_ASSIGN(decl, expr) \
    SNAPGATE_ASSIGN_(decl, expr, co_return, SNAPGATE_CONCAT(snapgate_assign_, __LINE__))
#define SNAPGATE_ASSIGN_(decl, expr, leave, name) \
    auto name = (expr);                           \
    if (!name) leave std::move(name).error();     \
    decl = std::move(*name)
