#pragma once

#include <memory>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace snapgate::base {

// An Error on the heap. A Result is returned by value through many layers, and nearly always
// without an Error. With the Error itself inside, which is some 300 bytes, a page of 50 objects
// spent a tenth of its time on zeroing, moving and destroying the room for Errors that never came.
class BoxedError {
  public:
    explicit BoxedError(Error error) : error_(std::make_unique<Error>(std::move(error))) {}
    BoxedError(const BoxedError& other) : error_(std::make_unique<Error>(*other.error_)) {}
    BoxedError(BoxedError&& other) noexcept = default;
    BoxedError& operator=(const BoxedError& other) {
        if (this != &other) error_ = std::make_unique<Error>(*other.error_);
        return *this;
    }
    BoxedError& operator=(BoxedError&& other) noexcept = default;
    ~BoxedError() = default;

    Error& operator*() { return *error_; }
    const Error& operator*() const { return *error_; }

  private:
    std::unique_ptr<Error> error_;
};

// A value, or the Error that says why there is no value. Errors are part of a signature; exceptions
// are for bugs. This class exists because tl::expected is not [[nodiscard]], and to box the Error.
template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, BoxedError> {
  public:
    using Base = tl::expected<T, BoxedError>;
    using Base::Base;
    // Not defaulted: `return {}` would zero the whole object first.
    // NOLINTNEXTLINE(modernize-use-equals-default)
    Result()
        requires std::is_default_constructible_v<Base>
    {}
    // NOLINTNEXTLINE(google-explicit-constructor): an Error converts to a failed Result everywhere.
    Result(Error error) : Base(tl::unexpected<BoxedError>(BoxedError(std::move(error)))) {}
    // NOLINTNEXTLINE(google-explicit-constructor)
    Result(Base base) : Base(std::move(base)) {}

    // Only of a failed Result.
    Error& error() & { return *Base::error(); }
    const Error& error() const& { return *Base::error(); }
    Error&& error() && { return std::move(*Base::error()); }
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
