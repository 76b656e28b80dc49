#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "net/client/client.h"
#include "terminal/console.h"

namespace snapgate::cli {

// What -o asks for.
enum class Format { kTable, kWide, kJson, kYaml, kName };

// Whether a format prints whole objects, not columns or names.
inline bool is_document(Format format) {
    return format == Format::kJson || format == Format::kYaml;
}

// "" means table. kUsage listing the formats if it is none of them.
Outcome<Format> parse_format(std::string_view text);

// Prints an answer of the API: unchanged with kJson, converted with kYaml. kUnreachable, naming
// `server`, if it is not JSON.
Outcome<> print_answer(Console& console, Format format, const net::ClientResponse& response,
                       std::string_view server);

// Prints one value as a document (is_document()).
void print_value(Console& console, Format format, const json::Value& value);

// Writes a list of any length item by item, as kJson or kYaml, in the memory of one item. Used by
// one thread.
class ListWriter {
  public:
    // `api_version` and `kind` may be empty: then the list has none.
    ListWriter(Console& console, Format format, std::string_view api_version,
               std::string_view kind);

    // `item` is one object's JSON text; kRefused if it is not JSON.
    Outcome<> add(std::string_view item);
    // Closes the list; `metadata` may be empty. A list that failed half-way must not be closed: its
    // output then stays invalid JSON, which nobody mistakes for the whole.
    void finish(const json::Object& metadata);

  private:
    void begin();

    Console& console_;
    Format format_;
    std::string api_version_;
    std::string kind_;
    bool begun_ = false;
    bool any_ = false;
};

}  // namespace snapgate::cli
