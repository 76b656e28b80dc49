#pragma once

#include <optional>
#include <string>
#include <utility>

#include "json/cluster_answers.h"
#include "mirror/setback.h"

namespace snapgate::mirror {

// How many objects a page of a list may have.
inline constexpr size_t kPageObjects = 500;

// The pages of one list: what to ask for next. Plain value.
class Pages {
  public:
    // `path` and `query` of the first page; the others have the continue token of the one before.
    Pages(std::string path, std::string query) : path_(std::move(path)), query_(std::move(query)) {}

    // The request's target: path and query.
    std::string target() const;
    bool on_first() const { return page_ == 1; }
    // Takes note of the head of the page that target() named. True if another one follows; a
    // Setback for pages that lead to themselves or never end.
    Outcome<bool> turn(json::ListHead head);
    // The list's version, which the first page says.
    const std::string& version() const { return version_; }

  private:
    std::string path_;
    std::string query_;
    std::string token_;
    std::string version_;
    size_t page_ = 1;
};

}  // namespace snapgate::mirror
