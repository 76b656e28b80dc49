#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace snapgate::cli {

// Templates of `-o jsonpath=`, as kubectl has them
// (https://kubernetes.io/docs/reference/kubectl/jsonpath/). Text stands for itself; what is in
// braces is an expression:
//
//   {.metadata.name}         members by dots; ['a.b'], or .a\.b, where a name has a dot
//   {.items[*].spec}         all elements of an array, or all members of an object
//   {.items[0]} {.items[-1]} {.items[1:3]} {.items[::2]} {.items[0,2]} {['a','b']}
//   {..name}                 every member of that name, at any depth
//   {.items[?(@.x=="y")]}    elements of which a comparison holds (== != < <= > >=); [?(@.x)] those
//                            that have x
//   {range .items[*]}...{end}  the part in between for each value
//   {"\n"}                   text with escapes
//
// $ and @ at the beginning of an expression may be left out. What is absent prints nothing; an
// index beyond the end of an array is an error. Several values are printed with a blank in between,
// texts as they are, objects and arrays as JSON. Other than kubectl, a template without braces is
// one expression, ['a.b'] is one member, "" and '' both quote names, and numbers are compared by
// their values.
class JsonPath {
  public:
    // kInvalidParameter with the place of the error. No longer than kMostBytes, with expressions
    // nested no deeper than kDeepest.
    static base::Result<JsonPath> parse(std::string_view text);
    static constexpr size_t kMostBytes = 64 << 10;
    static constexpr unsigned kDeepest = 32;

    // What the template prints of `value`. kInvalidParameter naming the expression for an index
    // beyond the end, a value of the wrong type, or more than `most_printed` bytes.
    base::Result<std::string> print(const json::Value& value,
                                    size_t most_printed = kMostPrinted) const;
    static constexpr size_t kMostPrinted = 512 << 20;
    // The values of its first expression, as pointers into `value`; of `custom-columns`.
    base::Result<std::vector<const json::Value*>> find(const json::Value& value) const;

  private:
    friend class JsonPathParser;
    friend class JsonPathWalk;

    struct Step;
    using Steps = std::vector<Step>;
    struct Member {
        std::string name;
    };
    struct All {};
    struct Descend {};
    struct Slice {
        std::optional<int64_t> begin;
        std::optional<int64_t> end;
        int64_t step = 1;
        bool single = false;  // [begin] alone
    };
    struct Union {
        std::vector<Step> parts;
    };
    enum class Compare : uint8_t {
        kExists,
        kEqual,
        kNotEqual,
        kLess,
        kLessEqual,
        kMore,
        kMoreEqual
    };
    struct Filter {
        Steps left;
        Compare compare = Compare::kExists;
        // What it is compared with: a value, or what these steps lead to.
        std::variant<json::Value, Steps> right;
    };
    struct Step {
        std::variant<Member, All, Descend, Slice, Union, std::shared_ptr<const Filter>> what;
    };
    // A part of the template.
    struct Part {
        std::string text;  // printed as it is, if there are no steps
        bool is_text = false;
        std::string source;  // of an expression, for messages
        Steps steps;
        bool is_range = false;
        std::vector<Part> body;  // of a range
    };

    std::vector<Part> parts_;
};

// A value as `-o jsonpath` and `-o custom-columns` print it.
std::string json_path_text(const json::Value& value);

}  // namespace snapgate::cli
