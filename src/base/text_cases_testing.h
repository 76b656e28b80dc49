#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace snapgate::base {

// For text tests: commands and what they give, side by side in files. A case is a line with a
// command, "----", and the expected output, ended by a blank line; lines that begin with '#' are
// comments. With SNAPGATE_REWRITE=1 the file is written anew with what `run` gives for each
// command; `git diff` then shows what changed.
inline void run_text_cases(const std::filesystem::path& file,
                           const std::function<std::string(const std::string& command)>& run) {
    const bool rewrite = std::getenv("SNAPGATE_REWRITE") != nullptr;
    std::ifstream in(file);
    ASSERT_TRUE(in) << file;
    std::string rewritten;
    std::string line;
    int number = 0;
    const auto next_line = [&] {
        ++number;
        return static_cast<bool>(std::getline(in, line));
    };
    int cases = 0;
    while (next_line()) {
        if (line.empty() || line.starts_with('#')) {
            rewritten += line + "\n";
            continue;
        }
        const int at = number;
        const std::string command = std::exchange(line, {});
        ASSERT_TRUE(next_line() && line == "----") << file << ":" << at << ": no ---- follows";
        std::string expected;
        while (next_line() && !line.empty()) expected += line + "\n";
        const std::string output = run(command);
        ++cases;
        if (!rewrite) EXPECT_EQ(output, expected) << file << ":" << at << ": " << command;
        rewritten.append(command).append("\n----\n").append(output).append("\n");
    }
    EXPECT_GT(cases, 0) << file;
    if (!rewrite) return;
    while (rewritten.ends_with("\n\n")) rewritten.pop_back();
    std::ofstream(file, std::ios::trunc) << rewritten;
}

// The .txt files of a folder, in order.
inline std::vector<std::filesystem::path> text_case_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

// The name of a file's test: its own, with what no name of a test may have replaced.
inline std::string text_case_name(const testing::TestParamInfo<std::filesystem::path>& file) {
    std::string name = file.param.stem().string();
    std::ranges::replace(name, '-', '_');
    return name;
}

// A command's words.
inline std::vector<std::string> words_of(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

}  // namespace snapgate::base
