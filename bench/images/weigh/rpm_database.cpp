#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "bench/images/weigh/package_lists.h"

namespace bench {

namespace {

// Tags and types of a package's header, as rpm numbers them.
constexpr std::uint32_t kName = 1000, kProvides = 1047, kRequires = 1049, kDirectoryIndexes = 1116,
                        kBaseNames = 1117, kDirectoryNames = 1118;
constexpr std::uint32_t kInt32 = 4, kString = 6, kStringArray = 8;
constexpr std::size_t kEntryBytes = 16;

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// A package's header: big-endian counts, an index, the data. What does not fit in is as if it were not
/// there.
class Header {
 public:
  explicit Header(std::string_view blob) {
    if (blob.size() < 8) return;
    const std::size_t entries = number_at(blob, 0), data = number_at(blob, 4);
    if (entries > blob.size() / kEntryBytes || 8 + entries * kEntryBytes + data > blob.size()) return;
    index_ = blob.substr(8, entries * kEntryBytes);
    data_ = blob.substr(8 + index_.size(), data);
  }

  [[nodiscard]] std::vector<std::string> strings(std::uint32_t tag) const {
    std::vector<std::string> result;
    const auto found = find(tag);
    if (!found || (found->type != kString && found->type != kStringArray)) return result;
    std::string_view rest = data_.substr(found->offset);
    for (std::uint32_t i = 0; i < found->count; ++i) {
      const std::size_t end = rest.find('\0');
      if (end == std::string_view::npos) break;
      result.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    return result;
  }

  [[nodiscard]] std::vector<std::uint32_t> numbers(std::uint32_t tag) const {
    std::vector<std::uint32_t> result;
    const auto found = find(tag);
    if (!found || found->type != kInt32) return result;
    for (std::size_t at = found->offset; result.size() < found->count && at + 4 <= data_.size(); at += 4) {
      result.push_back(number_at(data_, at));
    }
    return result;
  }

 private:
  struct Entry {
    std::uint32_t type, offset, count;
  };
  [[nodiscard]] std::optional<Entry> find(std::uint32_t tag) const {
    for (std::size_t at = 0; at + kEntryBytes <= index_.size(); at += kEntryBytes) {
      if (number_at(index_, at) != tag) continue;
      const Entry entry{number_at(index_, at + 4), number_at(index_, at + 8), number_at(index_, at + 12)};
      if (entry.offset > data_.size()) return std::nullopt;
      return entry;
    }
    return std::nullopt;
  }
  std::string_view index_, data_;
};

bool is_basic(const std::string& name) {
  constexpr std::array<std::string_view, 10> kBase = {
      "filesystem", "setup", "basesystem", "bash", "glibc", "coreutils", "rpm", "dnf", "microdnf", "dnf5"};
  for (const auto one : kBase) {
    if (name == one) return true;
  }
  return name.ends_with("-release") || name == "coreutils-single";
}

InstalledPackage package_of(const Header& header) {
  InstalledPackage package;
  for (const std::string& name : header.strings(kName)) package.name = name;
  package.basic = is_basic(package.name);
  package.kernel = package.name.starts_with("kernel");
  for (const std::string& need : header.strings(kRequires)) package.needs.push_back({need});
  package.provides = header.strings(kProvides);
  const std::vector<std::string> directories = header.strings(kDirectoryNames),
                                 bases = header.strings(kBaseNames);
  const std::vector<std::uint32_t> indexes = header.numbers(kDirectoryIndexes);
  for (std::size_t i = 0; i < bases.size() && i < indexes.size(); ++i) {
    if (indexes[i] < directories.size()) package.files.push_back(directories[indexes[i]] + bases[i]);
  }
  // Packages need files of others by their path.
  package.provides.insert(package.provides.end(), package.files.begin(), package.files.end());
  return package;
}

}  // namespace

std::vector<InstalledPackage> rpm_packages(std::string database) {
  std::vector<InstalledPackage> result;
  constexpr std::size_t kWriteVersion = 18, kReadVersion = 19, kHead = 100;
  if (database.size() < kHead) return result;
  // Its log of changes is another file: what lies here is whole without it, and memory has no log.
  database[kWriteVersion] = database[kReadVersion] = 1;
  sqlite3* opened = nullptr;
  const int failed = sqlite3_open(":memory:", &opened);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> closing(opened, &sqlite3_close);
  const auto size = static_cast<sqlite3_int64>(database.size());
  if (failed != SQLITE_OK ||
      sqlite3_deserialize(opened, "main", reinterpret_cast<unsigned char*>(database.data()), size, size,
                          SQLITE_DESERIALIZE_READONLY) != SQLITE_OK) {
    return result;
  }
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(opened, "SELECT blob FROM Packages", -1, &prepared, nullptr) != SQLITE_OK)
    return result;
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> rows(prepared, &sqlite3_finalize);
  while (sqlite3_step(prepared) == SQLITE_ROW) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(prepared, 0));
    const auto count = static_cast<std::size_t>(sqlite3_column_bytes(prepared, 0));
    if (bytes == nullptr) continue;
    InstalledPackage package = package_of(Header({bytes, count}));
    if (!package.name.empty()) result.push_back(std::move(package));
  }
  return result;
}

}  // namespace bench
