#include "commands/new_entry.h"

#include <fmt/format.h>

#include "terminal/json_path.h"

namespace snapgate::cli {

void add_entry_options(CLI::App& command, NewEntry& entry) {
    command.add_option("NAME", entry.name, "What it is called; no other may be called so")
        ->required()
        ->type_name("");
    command
        .add_option("--uid", entry.uid,
                    "Its uid: letters, digits and '-'; without it the server makes one")
        ->type_name("UID");
    add_answer_option(command, entry.output);
}

Outcome<Exit> print_new_entry(Console& console, Format format, std::string_view kind,
                              const json::Object& made, std::string_view server) {
    if (format == Format::kName) {
        console.print_document(text_at(made, {"uid"}));
    } else if (format == Format::kTable) {
        console.print_document(fmt::format("{}/{} created (uid {})", kind, text_at(made, {"name"}),
                                           text_at(made, {"uid"})));
    } else {
        net::ClientResponse answer;
        answer.body = json::serialize(made);
        SNAPGATE_TRY(print_answer(console, format, answer, server));
    }
    return Exit::kOk;
}

}  // namespace snapgate::cli
