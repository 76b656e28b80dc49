// What a server answers, and what a user's files hold, on its way to the terminal: whatever it is,
// what is printed is text without controls and marks that turn it, and what is said in a line is
// one line.

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/nearest.h"
#include "base/utf8.h"
#include "check.h"
#include "import/implied_kind.h"
#include "import/import_check.h"
#include "import/import_input.h"
#include "input.h"
#include "json/cluster_answers.h"
#include "json/value.h"
#include "json/yaml.h"
#include "output/documents.h"
#include "remote/api.h"
#include "remote/apply_file.h"
#include "remote/context.h"
#include "remote/context_file.h"
#include "remote/kubeconfig_file.h"
#include "remote/kubeconfig_text.h"
#include "remote/resolve.h"
#include "snapshots/snapshot_description.h"
#include "snapshots/snapshot_printer.h"
#include "snapshots/times.h"
#include "snapshots/watch_event.h"
#include "terminal/console.h"
#include "terminal/json_line.h"
#include "terminal/printable.h"
#include "terminal/table.h"
#include "terminal/typed_line.h"

namespace {

using namespace snapgate;
using fuzz::check;
using fuzz::check_equal;
using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

// A second look at the bytes, without the tables of the code under test: no controls of ASCII and
// of U+0080 to U+009F, no marks that turn the direction of writing.
void check_shown(std::string_view text) {
    check(base::is_utf8(text), "what is printed is text");
    for (size_t at = 0; at < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        check(c >= 0x20 || c == '\n' || c == '\t', "no control is printed");
        check(c != 0x7f, "no delete is printed");
        const std::string_view rest = text.substr(at);
        check(c != 0xc2 || static_cast<unsigned char>(rest[1]) >= 0xa0, "no C1 control is printed");
        const auto byte = [&](size_t i) {
            return i < rest.size() ? static_cast<unsigned char>(rest[i]) : 0U;
        };
        const unsigned last = byte(2);
        const bool is_mark =
            (c == 0xd8 && byte(1) == 0x9c) ||  // U+061C
            (c == 0xe2 && byte(1) == 0x80 &&
             (last == 0x8e || last == 0x8f || (last >= 0xaa && last <= 0xae))) ||  // U+200E, U+202A
            (c == 0xe2 && byte(1) == 0x81 && last >= 0xa6 && last <= 0xa9);        // U+2066
        check(!is_mark, "no mark that turns text is printed");
    }
}

// Runs what prints, looks at all that it printed, and returns what went to its output.
template <class Print>
std::string printed(Print print) {
    std::array<char*, 2> texts{};
    std::array<size_t, 2> sizes{};
    std::array<std::FILE*, 2> files{};
    for (size_t i = 0; i < files.size(); ++i) files[i] = ::open_memstream(&texts[i], &sizes[i]);
    {
        cli::Console console(files[0], files[1]);
        print(console);
        check(console.flush().has_value(), "memory takes it all");
    }
    std::string out;
    for (size_t i = 0; i < files.size(); ++i) {
        std::fclose(files[i]);
        check_shown({texts[i], sizes[i]});
        if (i == 0) out.assign(texts[i], sizes[i]);
        std::free(texts[i]);
    }
    return out;
}

// A failure ends the command, and its message is noted.
void note(cli::Console& console, const cli::Failure& failure) {
    check(!failure.message.empty(), "a failure says why");
    console.note(failure.message);
}

void check_printable(std::string_view text) {
    const std::string line = cli::printable(text);
    check_shown(line);
    check(line.find_first_of("\n\t") == std::string::npos, "a line is one line");
    check_equal(cli::printable(line), line, "what is printable stays");
    const std::string document = cli::printable_document(text);
    check_shown(document);
    check_equal(cli::printable_document(document), document, "what is printable stays");
    for (const size_t columns : {0U, 1U, 7U, 30U}) {
        const std::string cut = cli::cut_to(line, columns);
        check(cli::display_width(cut) <= columns, "a text that is cut fits");
        check(cli::display_width(cli::tail_of(line, columns)) <= columns, "its end fits");
        check_shown(cut);
    }
}

void check_table(const Lines& lines, size_t width) {
    cli::Table table({{"NAME", 0, 10}, {"STATE", 1}, {"CAUSE", 2, 5, cli::Column::Cut::kMiddle}},
                     {.width = width});
    for (const std::string_view line : lines) {
        const size_t third = line.size() / 3;
        const cli::Table::Row row{std::string(line.substr(0, third)),
                                  std::string(line.substr(third, third)),
                                  std::string(line.substr(2 * third))};
        const std::string text = table.page({row});
        check_shown(text);
        const auto rows = lines_of(text);
        check(rows.size() == (line.data() == lines.front().data() ? 2U : 1U), "a row is a line");
        for (const std::string_view one : rows)
            check(width == 0 || cli::display_width(one) <= width, "a line fits");
    }
}

void check_answer(std::string_view body, const cli::Format& format) {
    net::ClientResponse answer;
    answer.status = 200;
    answer.body = body;
    const std::string out = printed([&](cli::Console& console) {
        if (auto done = cli::print_answer(console, format, answer, "https://there"); !done)
            note(console, done.error());
    });
    // Whoever reads the output reads what the server said.
    if (const auto value = json::parse(body); value && value->is_object()) {
        const bool is_yaml = format == cli::Format::kYaml;
        const bool is_whole = format != cli::Format::kJsonPath && format != cli::Format::kColumns &&
                              format != cli::Format::kJsonLines;
        const auto again = is_yaml ? json::parse_yaml(out) : json::parse(out);
        check(!is_whole || (again && (is_yaml || *again == *value)), "a document stays");
    }
    printed([&](cli::Console& console) {
        answer.status = 500 + static_cast<unsigned>(body.size()) % 13;
        note(console, cli::failure_of(answer, "https://there"));
        answer.status = 200;
        auto items = cli::parse_items(answer, "https://there");
        if (!items) return note(console, items.error());
        for (const cli::Kind kind : {cli::Kind::kProject, cli::Kind::kCluster, cli::Kind::kKey}) {
            auto chosen = cli::choose(kind, "a", cli::named_items(kind, *items));
            if (!chosen) note(console, chosen.error());
        }
    });
}

void check_snapshots(const Lines& lines, const cli::Format& format) {
    std::vector<std::string> items;
    for (const std::string_view line : lines) {
        if (const auto value = json::parse(line); value && value->is_object())
            items.emplace_back(line);
    }
    bool good = true;
    const std::string out = printed([&](cli::Console& console) {
        cli::SnapshotPrinter printer(console, {format});
        if (auto done = printer.page(items); !done) {
            good = false;
            return note(console, done.error());
        }
        if (auto done = printer.finish("1"); !done) note(console, done.error());
    });
    if (format == cli::Format::kName && good)
        check(lines_of(out).size() == items.size(), "a name is a line");
    if (format == cli::Format::kJson && good)
        check(json::is_json_of_any_depth(out), "a list is JSON");
    printed([&](cli::Console& console) {
        cli::SnapshotPrinter printer(console, {format});
        static_cast<void>(printer.each(items));
        for (const std::string_view line : lines) {
            auto event = cli::parse_watch_event(line);
            if (event) static_cast<void>(printer.changed(event->type, event->object, "Gone"));
        }
    });
    for (const std::string& item : items) {
        const auto value = json::parse(item);
        const auto text =
            cli::describe_snapshot(value->get_object(), {item, item, item}, 1'800'000'000);
        if (text) check_shown(*text);
        static_cast<void>(cli::age_of(item, 1'800'000'000));
    }
}

// A user's file, in memory.
void check_file(std::string_view text) {
    const int fd = ::memfd_create("file", MFD_CLOEXEC);
    check(fd >= 0 && ::fchmod(fd, 0600) == 0, "a file in memory");
    check(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()), "written");
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    printed([&](cli::Console& console) {
        if (auto file = cli::read_apply_file(path); !file) {
            note(console, file.error());
        } else {
            for (const auto& fault : file->declared.faults)
                console.note(file->declared.text(fault));
        }
        if (auto context = cli::read_contexts(path); !context) note(console, context.error());
        if (auto key = cli::read_key_file(path, cli::kKeyFile); !key) note(console, key.error());
        if (auto config = cli::read_kubeconfig_file(path, ""); !config)
            note(console, config.error());
        if (auto pem = cli::certificates_in(text, path); !pem) note(console, pem.error());
        if (auto server = cli::normalize_server(text); !server) {
            note(console, server.error());
        } else {
            const auto again = cli::normalize_server(*server);
            check(again && *again == *server, "a server's URL is read again");
            static_cast<void>(cli::is_private_channel(*server));
        }
        auto input = cli::ImportInput::open(path, text.size() % 2 == 0);
        if (!input) return note(console, input.error());
        std::vector<cli::ImportInput> inputs;
        inputs.push_back(std::move(*input));
        auto report = cli::check_inputs(inputs, [](uint64_t, size_t) {});
        if (!report) return note(console, report.error());
        check(report->faults.size() <= cli::kShownFaults &&
                  report->faults.size() <= report->fault_count &&
                  report->fault_count <= report->total,
              "faults are counted");
        for (const cli::Fault& fault : report->faults) console.note(cli::describe(fault));
    });
    ::close(fd);
}

// The words that a POSIX shell reads, of a line that quotes with ' and \\ alone.
std::vector<std::string> shell_words(std::string_view line) {
    std::vector<std::string> words(1);
    bool quoted = false;
    for (size_t at = 0; at < line.size(); ++at) {
        if (line[at] == '\'') {
            quoted = !quoted;
        } else if (!quoted && line[at] == ' ') {
            words.emplace_back();
        } else if (!quoted && line[at] == '\\') {
            words.back() += line[++at];
        } else {
            words.back() += line[at];
        }
    }
    check(!quoted, "a quote is closed");
    return words;
}

void check_words(std::string_view text) {
    const std::string word(text);
    if (!word.starts_with("--")) {
        const std::string line = cli::continuing_line({"snapgate", "get", word}, "t");
        check(shell_words(line) ==
                  std::vector<std::string>{"snapgate", "get", word, "--continue", "t"},
              "a shell reads what was typed");
    }
    static_cast<void>(base::nearest(text, {"snapshots", "clusters", "keys"}));
    if (const auto value = json::parse(text)) {
        std::string one;
        cli::append_json_line(text, one);
        check(one.find('\n') == one.size() - 1, "JSON on a line is one line");
        const auto again = json::parse(one);
        check(again && *again == *value, "JSON on a line says the same");
        if (value->is_object() && text.starts_with('{') && cli::lacks_kind(text)) {
            check(!cli::lacks_kind(cli::with_kind(text)), "an object gets its kind");
        }
    }
    static_cast<void>(cli::implies_snapshots(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
    if (size == 0) return 0;
    constexpr std::array<std::string_view, 8> kFormats{
        "table", "wide",  "json",           "yaml",
        "name",  "jsonl", "jsonpath={..*}", "custom-columns=A:..metadata,B:.*"};
    const auto format = cli::Format::parse(kFormats[bytes[0] % kFormats.size()]);
    check(format.has_value(), "the format is one");
    const std::string_view text = fuzz::text_of(bytes + 1, size - 1);
    const Lines lines = lines_of(text);
    check_printable(text);
    if (!lines.empty()) check_table(lines, bytes[0] / 4U);
    check_answer(text, *format);
    check_snapshots(lines, *format);
    check_file(text);
    check_words(text);
    return 0;
}
