#include "store/file_note.h"

#include <fstream>
#include <string>

#include "engine/map_fault.h"

namespace snapgate::store {
namespace {

std::filesystem::path note_of(const std::filesystem::path& directory) {
    return directory / "store" / (std::string("data.mdb") += engine::kNote);
}

}  // namespace

const std::string_view kDamagedNote = engine::kDamagedNote;

bool note_has(const std::filesystem::path& directory, std::string_view line) {
    std::ifstream note(note_of(directory));
    for (std::string one; std::getline(note, one);)
        if (one == line) return true;
    return false;
}

void add_to_note(const std::filesystem::path& directory, std::string_view line) {
    std::ofstream(note_of(directory), std::ios::app) << line << '\n' << std::flush;
}

}  // namespace snapgate::store
