// Whatever a cluster's watch sends: wherever its pieces are cut, the same objects, changes, version
// and verdict come of it.

#include <cstdint>
#include <string>
#include <vector>

#include "check.h"
#include "cluster/reflected_kind.h"
#include "input.h"
#include "mirror/checksum.h"
#include "mirror/metadata_page.h"
#include "mirror/skipped_objects.h"
#include "mirror/watch.h"

namespace {

namespace mirror = snapgate::mirror;
using snapgate::fuzz::check;
using snapgate::fuzz::check_equal;

// All that a watch says, as text.
struct Said {
    std::string text;
    std::string failed;
    size_t skipped = 0;
};

Said read(std::string_view stream, size_t piece_bytes, mirror::WatchBegin begin) {
    Said said;
    mirror::SkippedObjects skipped("a cluster", "virtualmachinesnapshots");
    mirror::WatchReader reader(snapgate::cluster::snapshots(), begin, "1", skipped);
    std::string version;
    while (!stream.empty() && said.failed.empty()) {
        const auto piece = reader.feed(stream.substr(0, piece_bytes));
        stream.remove_prefix(std::min(piece_bytes, stream.size()));
        for (const auto& object : piece.state) said.text += "state " + object.text + "\n";
        if (piece.state_version) said.text += "whole " + *piece.state_version + "\n";
        for (const auto& change : piece.changes) said.text += "change " + change.version + "\n";
        if (!piece.version.empty()) version = piece.version;
        if (piece.failed) said.failed = piece.failed->message;
    }
    said.text += "version " + version;
    said.skipped = skipped.count();
    return said;
}

// A page of a list of metadata, in pieces: the sum of its objects and its head, or the refusal.
std::string read_page(std::string_view stream, size_t piece_bytes) {
    mirror::SkippedObjects skipped("a cluster", "virtualmachinesnapshots");
    mirror::Checksum sum;
    mirror::MetadataPage page(snapgate::cluster::snapshots(), skipped, sum);
    while (!stream.empty()) {
        if (auto fed = page.feed(stream.substr(0, piece_bytes)); !fed) return fed.error().message;
        stream.remove_prefix(std::min(piece_bytes, stream.size()));
    }
    const auto head = page.finish();
    if (!head) return head.error().message;
    return std::to_string(sum.objects) + " " + std::to_string(sum.sum) + " " +
           std::to_string(sum.metadata_sum) + " " + head->version + " " + head->continue_token;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    if (size == 0) return 0;
    const std::string_view stream = snapgate::fuzz::text_of(bytes + 1, size - 1);
    const auto begin =
        bytes[0] % 2 == 0 ? mirror::WatchBegin::kFromVersion : mirror::WatchBegin::kWithState;
    const Said whole = read(stream, size, begin);
    const Said cut = read(stream, 1U + bytes[0] / 2U, begin);
    check_equal(cut.text, whole.text, "pieces say the same");
    check_equal(cut.failed, whole.failed, "pieces fail alike");
    check(cut.skipped == whole.skipped, "pieces skip alike");
    check_equal(read_page(stream, 1U + bytes[0] / 2U), read_page(stream, size),
                "pieces of a list say the same");
    return 0;
}
