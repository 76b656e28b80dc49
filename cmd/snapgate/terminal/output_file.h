#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/file_descriptor.h"
#include "remote/failure.h"

namespace snapgate::cli {

// How a command ends that cannot make a file or a folder, by the error of the system: the name is
// wrong use, unless it is there already or the disk is full.
Exit exit_of_place(int error);

// A file of any size that is there when it is whole, and not before: it is written beside its place
// and takes it at the end. Only its owner may read it. "-" is standard output. One thread.
class OutputFile {
  public:
    // kRefused if the file exists or the disk is full, kUsage if it cannot be made there.
    static Outcome<OutputFile> make(const std::string& file);
    // Removes a file that is not finished.
    ~OutputFile();
    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&&) = delete;

    // kStorageFull, kInternal.
    base::Result<void> write(std::string_view bytes);
    // Writes the file to disk and gives it its name.
    base::Result<void> finish();
    uint64_t bytes() const { return bytes_; }
    bool is_standard_output() const { return file_.empty(); }

  private:
    OutputFile(base::FileDescriptor descriptor, std::string file)
        : descriptor_(std::move(descriptor)), file_(std::move(file)) {}
    std::string unfinished() const { return file_ + ".part"; }
    base::Error failed(std::string_view what) const;

    base::FileDescriptor descriptor_;
    std::string file_;  // "" for standard output
    uint64_t bytes_ = 0;
    uint64_t begun_ = 0;  // of these the system was told to write so many to the disk
    bool done_ = false;
};

}  // namespace snapgate::cli
