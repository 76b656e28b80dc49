#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "import/import_check.h"
#include "import/import_input.h"
#include "json/splitter.h"

namespace snapgate::cli {

// The objects of all inputs as one JSON list with an object in each line, in pieces of about 256
// KiB: what is sent. A list, so that the server sees where it ends. An object that is too large to
// be read is stood for by its name, which the server refuses. Inputs and report outlive it. One
// thread.
class ImportUpload {
  public:
    ImportUpload(const std::vector<ImportInput>& inputs, const CheckReport& report,
                 Advanced advanced);

    // The next piece, good until the next call; "" at the end. An error (a file that changed) ends
    // the upload.
    base::Result<std::string_view> next();

    size_t items() const { return items_; }
    // The numbers of those that were too large.
    const std::set<size_t>& too_large() const { return too_large_; }

  private:
    void begin_input();
    void begin_item();
    void put_stand_in(std::string_view beginning);

    const std::vector<ImportInput>& inputs_;
    const CheckReport& report_;
    Advanced advanced_;
    std::string room_;
    std::string piece_;
    size_t input_ = 0;
    uint64_t offset_ = 0;        // in the current input
    uint64_t bytes_before_ = 0;  // of the inputs before it
    size_t items_ = 0;
    std::set<size_t> too_large_;  // each of them more than json::kMaxObjectBytes
    bool ended_ = false;
    std::optional<json::ItemSplitter> splitter_;
};

// Where an object of the upload came from.
struct Origin {
    size_t input = 0;
    size_t item = 0;  // from 0
};
// `items` are the numbers of objects in each input; nullopt for an index beyond them.
std::optional<Origin> origin_of(size_t index, const std::vector<size_t>& items);

}  // namespace snapgate::cli
