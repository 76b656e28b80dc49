#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "terminal/console.h"

namespace snapgate::cli {

// For tests: a file in memory.
class MemoryFile {
  public:
    MemoryFile() : file_(open_memstream(&text_, &size_)) {}
    ~MemoryFile() {
        std::fclose(file_);
        std::free(text_);
    }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    std::FILE* get() const { return file_; }
    std::string text() const {
        std::fflush(file_);
        return {text_, size_};
    }

  private:
    char* text_ = nullptr;
    size_t size_ = 0;
    std::FILE* file_;
};

// For tests: a console whose both sides can be read.
class ConsoleTest : public testing::Test {
  protected:
    std::string out() const { return out_.text(); }
    std::string err() const { return err_.text(); }

    MemoryFile out_;
    MemoryFile err_;
    Console console_{out_.get(), err_.get()};
};

}  // namespace snapgate::cli
