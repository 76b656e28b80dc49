// A backup is restored, or refused with a message, whatever its blocks hold; and it makes no
// difference where its pieces are cut.

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/encoding.h"
#include "check.h"
#include "input.h"
#include "store/backup_stream.h"
#include "store/restore.h"

namespace {

namespace store = snapgate::store;
using snapgate::base::Result;
using snapgate::fuzz::check;
using snapgate::fuzz::check_says_why;

// Blocks with good checksums: for each, a byte for its type, two for its length, its content.
std::string make_backup(std::string_view input) {
    store::BlockWriter writer;
    std::string out;
    writer.begin(out);
    while (input.size() >= 3) {
        const auto type = static_cast<store::BlockType>(input[0]);
        const std::string_view content = input.substr(3, snapgate::base::read_u16(input, 1));
        writer.add(type, content, out);
        input.remove_prefix(3 + content.size());
    }
    return out;
}

// What the reader says of the backup, piece by piece.
std::string read(std::string_view backup, size_t piece) {
    std::string said;
    store::BlockReader reader([&said](store::BlockType type, std::string_view content) {
        said += std::to_string(static_cast<int>(type)) + ":" + std::to_string(content.size()) + " ";
        return Result<void>();
    });
    for (; !backup.empty(); backup.remove_prefix(std::min(piece, backup.size()))) {
        if (auto fed = reader.feed(backup.substr(0, piece)); !fed)
            return said + fed.error().message;
    }
    const auto finished = reader.finish();
    return finished ? said : said + finished.error().message;
}

void restore(std::string_view backup) {
    static const std::filesystem::path directory =
        std::filesystem::temp_directory_path() /
        ("snapgate-backup-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory);
    store::RestoreOptions options;
    options.directory = directory;
    options.map_bytes = 64 << 20;
    options.now_ms = 1'700'000'000'000;
    options.keep_record = [](store::RecordType, std::string_view, std::string_view) {
        return true;
    };
    const auto restored = store::restore_store(options, [&backup]() -> Result<std::string_view> {
        const std::string_view piece = backup.substr(0, 100);
        backup.remove_prefix(piece.size());
        return piece;
    });
    if (!restored) {
        check_says_why(restored.error());
        check(!std::filesystem::exists(directory / "store"), "nothing is left of what was refused");
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    const std::string_view input = snapgate::fuzz::text_of(bytes, size);
    read(input, 7);
    const std::string backup = make_backup(input);
    const std::string whole = read(backup, backup.size());
    check(read(backup, 1) == whole && read(backup, 5) == whole, "pieces make no difference");
    restore(backup);
    return 0;
}
