#pragma once

#include <filesystem>
#include <string_view>

// A note beside the data file of a store in a data directory, which can be read where the store
// cannot: lines of text. A process that a damaged page ends adds one (engine/map_fault.h), if there
// is a note. The store itself does not read it.
namespace snapgate::store {

// A line that may be in it, without its end.
bool note_has(const std::filesystem::path& directory, std::string_view line);
// Makes the note if there is none.
void add_to_note(const std::filesystem::path& directory, std::string_view line);

// What the process that ends adds.
extern const std::string_view kDamagedNote;

}  // namespace snapgate::store
