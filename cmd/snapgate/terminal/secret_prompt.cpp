#include "terminal/secret_prompt.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace snapgate::cli {
namespace {

constexpr size_t kMaxBytes = 4096;
constexpr char kInterrupt = 0x03;
constexpr char kEnd = 0x04;
constexpr char kBackspace = 0x08;
constexpr char kKillLine = 0x15;
constexpr char kDelete = 0x7f;

// Turns echo off, and reads the keys that would end the program as bytes, so that the terminal is
// never left without echo.
class SilentTerminal {
  public:
    explicit SilentTerminal(int fd) : fd_(fd), changed_(tcgetattr(fd, &before_) == 0) {
        if (!changed_) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
        silent.c_cc[VMIN] = 1;
        silent.c_cc[VTIME] = 0;
        changed_ = tcsetattr(fd, TCSAFLUSH, &silent) == 0;
    }
    ~SilentTerminal() {
        if (changed_) tcsetattr(fd_, TCSAFLUSH, &before_);
    }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;
    bool silent() const { return changed_; }

  private:
    int fd_;
    termios before_{};
    bool changed_;
};

}  // namespace

Outcome<std::string> ask_secret(int fd, std::string_view question) {
    SilentTerminal terminal(fd);
    if (!terminal.silent())
        return Failure(Exit::kUsage,
                       "the terminal cannot hide what is typed: use --api-key-file FILE");
    std::fwrite(question.data(), 1, question.size(), stderr);
    std::fflush(stderr);
    std::string line;
    while (true) {
        char c = 0;
        ssize_t count = ::read(fd, &c, 1);
        if (count < 0 && errno == EINTR) continue;
        bool end = count <= 0 || c == '\r' || c == '\n' || c == kEnd;
        if (end || c == kInterrupt) std::fputs("\n", stderr);
        if (c == kInterrupt) return Failure(Exit::kRefused, "interrupted");
        if (end) return line;
        if (c == kBackspace || c == kDelete) {
            if (!line.empty()) line.pop_back();
        } else if (c == kKillLine) {
            line.clear();
        } else if (line.size() < kMaxBytes) {
            line += c;
        }
    }
}

}  // namespace snapgate::cli
