#include "import/import_input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <istream>
#include <streambuf>
#include <vector>

#include "json/yaml.h"
#include "remote/temporary_file.h"
#include "terminal/read_file.h"

namespace snapgate::cli {
namespace {

constexpr size_t kPieceBytes = 256 << 10;
constexpr size_t kLookedAtBytes = 4096;

Failure cannot_read(const std::string& name) {
    return {Exit::kUsage, fmt::format("cannot read {}: {}", name, std::strerror(errno))};
}

base::Error read_failed(const std::string& name) {
    return {base::Code::kInternal, fmt::format("cannot read {}: {}", name, std::strerror(errno))};
}

// Reads a file from its beginning, whatever its position, and tells how far it has come.
class FileBuffer : public std::streambuf {
  public:
    FileBuffer(const ReadableFile& file, uint64_t offset, const ImportInput::Taken& taken)
        : file_(file), offset_(offset), taken_(taken), room_(kPieceBytes) {}
    bool failed() const { return failed_; }

  protected:
    int_type underflow() override {
        const ssize_t count = file_.read(offset_, room_.data(), room_.size());
        failed_ = count < 0;
        if (count <= 0) return traits_type::eof();
        offset_ += static_cast<uint64_t>(count);
        if (taken_) taken_(offset_);
        setg(room_.data(), room_.data(), room_.data() + count);
        return traits_type::to_int_type(*gptr());
    }

  private:
    const ReadableFile& file_;
    uint64_t offset_;
    const ImportInput::Taken& taken_;
    std::vector<char> room_;
    bool failed_ = false;
};

// Copies a stream that can be read only once.
Outcome<TemporaryFile> copy_stream(int fd, const std::string& name,
                                   const ImportInput::Taken& taken) {
    SNAPGATE_ASSIGN(TemporaryFile copy, TemporaryFile::open());
    std::vector<char> room(kPieceBytes);
    while (true) {
        ssize_t count = ::read(fd, room.data(), room.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return cannot_read(name);
        if (count == 0) return copy;
        SNAPGATE_TRY(copy.append(std::string_view(room.data(), static_cast<size_t>(count))));
        if (taken) taken(copy.size);
    }
}

// YAML that was rewritten as JSON.
struct Rewritten {
    TemporaryFile json;
    json::YamlEnd end;
};

// Refuses YAML that was, or may have been, cut off: a text in block style stays valid wherever it
// is cut between two lines, and its last item may then be half an object.
Outcome<> check_yaml_end(const json::YamlEnd& end, const std::string& name, bool complete) {
    auto refuse = [&name](std::string_view why) {
        return Failure(Exit::kRefused, fmt::format("{}: {}; nothing was stored", name, why));
    };
    if (end.documents == 0)
        return refuse(
            "it holds no objects, at most comments: the command that should have written it may "
            "have failed");
    if (end.cut) return refuse(*end.cut);
    if (end.ends_in_line && !complete)
        return refuse(
            "its last line has no end, so its last object may have been cut off: end the line, or "
            "give --complete if it is whole");
    return {};
}

Outcome<Rewritten> yaml_as_json(const ReadableFile& file, uint64_t offset, const std::string& name,
                                bool complete, const ImportInput::Taken& taken) {
    SNAPGATE_ASSIGN(TemporaryFile rewritten, TemporaryFile::open());
    FileBuffer buffer(file, offset, taken);
    std::istream stream(&buffer);
    std::string pending;
    bool written = true;
    auto put = [&](std::string_view json) -> base::Result<void> {
        pending.append(json);
        if (pending.size() < kPieceBytes) return {};
        auto result = rewritten.append(pending);
        written = result.has_value();
        pending.clear();
        return result;
    };
    auto converted = json::yaml_to_json(stream, put);
    if (!written) return converted.error();
    if (buffer.failed()) return cannot_read(name);
    if (!converted)
        return Failure(Exit::kRefused,
                       fmt::format("{}: {}; nothing was stored", name, converted.error().message));
    SNAPGATE_TRY(check_yaml_end(*converted, name, complete));
    SNAPGATE_TRY(rewritten.append(pending));
    return Rewritten{std::move(rewritten), std::move(*converted)};
}

// Between documents of JSON, as some programs write them, a line of three dashes. No text of JSON
// has a line end within it, so such a line stands nowhere else.
constexpr std::string_view kDivider = "\n---";

Outcome<bool> has_divider(const ReadableFile& file, uint64_t offset, const std::string& name) {
    std::string room(kPieceBytes, '\0');
    size_t kept = 0;  // of the piece before, as a divider may begin in it
    while (true) {
        const ssize_t count = file.read(offset, room.data() + kept, room.size() - kept);
        if (count < 0) return cannot_read(name);
        if (count == 0) return false;
        offset += static_cast<uint64_t>(count);
        const std::string_view read(room.data(), kept + static_cast<size_t>(count));
        if (read.find(kDivider) != std::string_view::npos) return true;
        kept = std::min(read.size(), kDivider.size() - 1);
        std::memmove(room.data(), read.data() + read.size() - kept, kept);
    }
}

// A copy with blanks in the place of the dashes.
Outcome<TemporaryFile> without_dividers(const ReadableFile& file, uint64_t offset,
                                        const std::string& name) {
    SNAPGATE_ASSIGN(TemporaryFile copy, TemporaryFile::open());
    std::vector<char> room(kPieceBytes);
    std::string out;
    size_t seen = 0;  // characters of a divider, the newest ones
    while (true) {
        const ssize_t count = file.read(offset, room.data(), room.size());
        if (count < 0) return cannot_read(name);
        offset += static_cast<uint64_t>(count);
        out.clear();
        for (const char c : std::string_view(room.data(), static_cast<size_t>(count))) {
            const std::string_view held = kDivider.substr(0, seen);
            if (c == kDivider[seen] && ++seen < kDivider.size()) continue;
            if (seen == kDivider.size()) {
                out += "\n   ";
                seen = 0;
            } else if (c == '\n') {
                out += held;
                seen = 1;
            } else {
                out.append(held) += c;
                seen = 0;
            }
        }
        if (count == 0) out = kDivider.substr(0, seen);
        SNAPGATE_TRY(copy.append(out));
        if (count == 0) return copy;
    }
}

enum class Form { kJson, kYaml };

// Whether a text that begins with an opened map or list is YAML in flow style: a key of JSON is in
// quotes.
bool is_flow_style(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    size_t key = text.find_first_not_of(kBlanks);
    bool in_map = false;
    while (key != std::string_view::npos && (text[key] == '{' || text[key] == '[')) {
        in_map = text[key] == '{';
        key = text.find_first_not_of(kBlanks, key + 1);
    }
    return in_map && key != std::string_view::npos && text[key] != '"' && text[key] != '}';
}

// The form is told by the beginning of a dump, not by the name of its file.
Outcome<Form> form_of(std::string_view beginning, const std::string& name) {
    auto refuse = [&](std::string_view why) {
        return Failure(Exit::kRefused, fmt::format("{} {}; nothing was stored", name, why));
    };
    if (beginning.starts_with("\x1f\x8b") || beginning.starts_with("\x28\xb5\x2f\xfd") ||
        beginning.starts_with("BZh") ||
        beginning.starts_with("\xfd"
                              "7zXZ"))
        return refuse(
            "is compressed: unpack it on the way, as in 'gunzip -c FILE | snapgate import -'");
    if (beginning.starts_with("\xff\xfe") || beginning.starts_with("\xfe\xff") ||
        beginning.substr(0, 2).find('\0') != std::string_view::npos)
        return refuse("is not UTF-8 text: save it as UTF-8");
    size_t first = beginning.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos && beginning.size() < kLookedAtBytes)
        return refuse("is empty: the command that should have written it may have failed");
    if (first == std::string_view::npos) return Form::kJson;
    const bool opened = beginning[first] == '{' || beginning[first] == '[';
    return opened && !is_flow_style(beginning) ? Form::kJson : Form::kYaml;
}

Outcome<std::string> beginning_of(const ReadableFile& file, const std::string& name) {
    std::string room(kLookedAtBytes, '\0');
    const ssize_t count = file.read(0, room.data(), room.size());
    if (count < 0) return cannot_read(name);
    room.resize(static_cast<size_t>(count));
    return room;
}

int64_t modified_ns(const struct stat& status) {
    return status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
}

}  // namespace

ssize_t ReadableFile::read(uint64_t offset, char* room, size_t size) const {
    ssize_t count = 0;
    do {
        count = ::pread(file.get(), room, size, static_cast<off_t>(offset));
    } while (count < 0 && errno == EINTR);
    if (count > 0 && cipher) cipher->apply(offset, room, static_cast<size_t>(count));
    return count;
}

Outcome<ImportInput> ImportInput::open(const std::string& file, bool complete, const Taken& taken) {
    bool standard = file == "-";
    std::string name = input_name(file);
    base::FileDescriptor fd(standard ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                     : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status{};
    if (!fd || ::fstat(fd.get(), &status) != 0) return cannot_read(name);
    if (S_ISDIR(status.st_mode))
        return Failure(Exit::kUsage, fmt::format("{} is a folder: name the files in it", name));
    if (standard && isatty(fd.get()) == 1)
        return Failure(Exit::kUsage,
                       "standard input is the terminal: pipe a dump into it, as in 'kubectl get "
                       "vmsnapshots -A -o json | snapgate import --cluster demo -'");
    // Standard input is copied even if it is a file: another process may still be writing it.
    ReadableFile readable;
    if (standard || !S_ISREG(status.st_mode)) {
        SNAPGATE_ASSIGN(TemporaryFile copy, copy_stream(fd.get(), name, taken));
        readable = {std::move(copy.file), std::move(copy.cipher)};
    } else {
        readable.file = std::move(fd);
    }
    SNAPGATE_ASSIGN(std::string beginning, beginning_of(readable, name));
    constexpr std::string_view kMark = "\xef\xbb\xbf";  // some editors begin a file with it
    uint64_t start = beginning.starts_with(kMark) ? kMark.size() : 0;
    SNAPGATE_ASSIGN(Form form, form_of(std::string_view(beginning).substr(start), name));
    bool open_ended = false;
    if (form == Form::kYaml) {
        SNAPGATE_ASSIGN(Rewritten rewritten, yaml_as_json(readable, start, name, complete, taken));
        readable = {std::move(rewritten.json.file), std::move(rewritten.json.cipher)};
        open_ended = rewritten.end.open;
        start = 0;
    } else {
        SNAPGATE_ASSIGN(const bool divided, has_divider(readable, start, name));
        if (divided) {
            SNAPGATE_ASSIGN(TemporaryFile whole, without_dividers(readable, start, name));
            readable = {std::move(whole.file), std::move(whole.cipher)};
            start = 0;
        }
    }
    if (::fstat(readable.file.get(), &status) != 0) return cannot_read(name);
    ImportInput input;
    input.name_ = std::move(name);
    input.file_ = std::move(readable);
    input.bytes_ = static_cast<uint64_t>(status.st_size) - start;
    input.modified_ns_ = modified_ns(status);
    input.start_ = start;
    input.open_ended_ = open_ended;
    return input;
}

base::Result<std::string_view> ImportInput::read(uint64_t offset, std::string& room) const {
    const ssize_t count = file_.read(start_ + offset, room.data(), room.size());
    if (count < 0) return read_failed(name_);
    if (count == 0) {
        struct stat status{};
        if (::fstat(file_.file.get(), &status) != 0) return read_failed(name_);
        if (offset != bytes_ || modified_ns(status) != modified_ns_)
            return base::Error(base::Code::kConflict,
                               fmt::format("{} was changed while it was imported", name_));
    }
    return std::string_view(room.data(), static_cast<size_t>(count));
}

}  // namespace snapgate::cli
