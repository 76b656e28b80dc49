#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "net/client/client.h"
#include "output/format.h"
#include "terminal/console.h"

namespace snapgate::cli {

// How objects are printed in a format that is_document().

// Prints an answer of the API: unchanged with kJson, else converted. kUnreachable, naming `server`,
// if it is not JSON.
Outcome<> print_answer(Console& console, const Format& format, const net::ClientResponse& response,
                       std::string_view server);

// Prints one value, or, with kJsonLines and kColumns, each item of a list.
Outcome<> print_value(Console& console, const Format& format, const json::Value& value);

// Prints values one after another: with kYaml as documents of their own, with kColumns as rows of
// one table. Used by one thread.
class ValuePrinter {
  public:
    ValuePrinter(Console& console, Format format);

    Outcome<> print(const json::Value& value);
    // The same of several, whose columns are as wide as the widest of them needs.
    Outcome<> print_all(const std::vector<const json::Value*>& values);

  private:
    Console& console_;
    Format format_;
    std::optional<Table> table_;
    bool any_ = false;
};

// Writes a list of any length item by item, in the memory of one item; with kColumns of some
// hundred, and with kJsonPath, whose template may ask for any of them, of all. Used by one thread.
class ListWriter {
  public:
    // `api_version` and `kind` may be empty: then the list has none.
    ListWriter(Console& console, Format format, std::string_view api_version,
               std::string_view kind);

    // `item` is one object's JSON text; kRefused if it is not JSON.
    Outcome<> add(std::string_view item);
    // Closes the list; `metadata` may be empty. A list that failed half-way must not be closed: its
    // output then stays invalid JSON, which nobody mistakes for the whole.
    Outcome<> finish(const json::Object& metadata);

  private:
    void begin();
    json::Object head() const;
    Outcome<> print_rows();

    Console& console_;
    Format format_;
    std::string api_version_;
    std::string kind_;
    bool begun_ = false;
    bool any_ = false;
    json::Array held_;  // of kColumns and kJsonPath: what was not printed yet
    ValuePrinter rows_;
};

}  // namespace snapgate::cli
