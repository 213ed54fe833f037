#include "bench/images/boot/modules.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <set>

#include "bench/base/error.h"

namespace bench {

namespace fs = std::filesystem;

namespace {

/// Without its suffixes and with the kernel's own spelling: a file may be called virtio-rng.ko.xz.
std::string module_name(const fs::path& file) {
  std::string name = file.filename().string();
  name = name.substr(0, name.find(".ko"));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool is_module(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.ends_with(".ko") || name.ends_with(".ko.xz") || name.ends_with(".ko.zst") ||
         name.ends_with(".ko.gz");
}

/// The bytes of a file, unpacked where it is packed.
std::string unpacked(const fs::path& file) {
  const std::unique_ptr<struct archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                             &archive_read_free);
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_raw(reader.get());
  constexpr std::size_t kBlock = 64 * 1024;
  struct archive_entry* entry = nullptr;
  std::string bytes;
  bool ok = archive_read_open_filename(reader.get(), file.c_str(), kBlock) == ARCHIVE_OK &&
            archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK;
  la_ssize_t got = ok ? 1 : 0;
  while (ok && got > 0) {
    const std::size_t used = bytes.size();
    bytes.resize(used + kBlock);
    got = archive_read_data(reader.get(), bytes.data() + used, kBlock);
    bytes.resize(used + static_cast<std::size_t>(std::max<la_ssize_t>(got, 0)));
  }
  if (!ok || got < 0) {
    const char* why = archive_error_string(reader.get());
    throw Error(ErrorCode::kCorrupt, fmt::format("cannot unpack the module {}: {}", file.string(),
                                                 why != nullptr ? why : "unknown error"));
  }
  return bytes;
}

template <typename Header>
std::optional<Header> read_header(std::string_view bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(Header)) return std::nullopt;
  Header header;
  std::memcpy(&header, bytes.data() + offset, sizeof header);
  return header;
}

std::string_view section_bytes(std::string_view module, const Elf64_Shdr& section) {
  if (section.sh_offset > module.size() || section.sh_size > module.size() - section.sh_offset) return {};
  return module.substr(section.sh_offset, section.sh_size);
}

/// The section .modinfo of a module.
std::string_view modinfo(std::string_view module) {
  const auto elf = read_header<Elf64_Ehdr>(module, 0);
  if (!elf || std::memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 || elf->e_ident[EI_CLASS] != ELFCLASS64)
    return {};
  const auto section = [&](std::size_t index) {
    return read_header<Elf64_Shdr>(module, elf->e_shoff + index * sizeof(Elf64_Shdr));
  };
  const auto names_header = section(elf->e_shstrndx);
  if (!names_header) return {};
  const std::string_view names = section_bytes(module, *names_header);
  for (std::size_t i = 0; i < elf->e_shnum; ++i) {
    const auto header = section(i);
    if (!header || header->sh_name >= names.size()) continue;
    const std::string_view name = names.substr(header->sh_name);
    if (name.substr(0, name.find('\0')) == ".modinfo") return section_bytes(module, *header);
  }
  return {};
}

std::vector<std::string> words(std::string_view text, char separator) {
  std::vector<std::string> result;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(separator));
    if (!word.empty()) result.emplace_back(word);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return result;
}

/// "pre: a b post: c" names a and b: modules to be loaded before this one, where they are.
std::vector<std::string> before(const std::string& softdep) {
  std::vector<std::string> result;
  bool pre = false;
  for (const auto& word : words(softdep, ' ')) {
    if (word.ends_with(':')) {
      pre = word == "pre:";
    } else if (pre) {
      result.push_back(word);
    }
  }
  return result;
}

}  // namespace

std::vector<std::string> module_info(std::string_view module, std::string_view key) {
  std::vector<std::string> values;
  for (const auto& line : words(modinfo(module), '\0')) {
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=') {
      values.push_back(line.substr(key.size() + 1));
    }
  }
  return values;
}

struct ModuleTree::Found {
  std::vector<GuestModule> ordered;
  std::set<std::string> seen;
};

ModuleTree::ModuleTree(fs::path dir) : dir_(std::move(dir)) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(dir_, error), end; !error && at != end; at.increment(error)) {
    if (is_module(at->path())) files_.emplace_back(module_name(at->path()), at->path());
  }
  std::sort(files_.begin(), files_.end());
  std::ifstream list(dir_ / "modules.builtin");
  for (std::string line; std::getline(list, line);) builtin_.push_back(module_name(line));
}

std::vector<GuestModule> ModuleTree::with_dependencies(const std::vector<std::string>& names) const {
  Found found;
  for (const auto& name : names) add(name, found);
  return std::move(found.ordered);
}

void ModuleTree::add(const std::string& name, Found& found) const {
  if (!found.seen.insert(name).second) return;
  const auto file =
      std::lower_bound(files_.begin(), files_.end(), name,
                       [](const auto& entry, const std::string& key) { return entry.first < key; });
  if (file == files_.end() || file->first != name) {
    if (std::find(builtin_.begin(), builtin_.end(), name) != builtin_.end()) return;
    throw Error(
        ErrorCode::kUnavailable,
        fmt::format("{} has no module {}, and its list of what is built into the kernel does not name it",
                    dir_.string(), name),
        "use another kernel (--kernel distribution)");
  }
  std::string bytes = unpacked(file->second);
  for (const auto& softdep : module_info(bytes, "softdep")) {
    for (const auto& wanted : before(softdep)) add_preferred(wanted, found);
  }
  for (const auto& list : module_info(bytes, "depends")) {
    for (auto& needed : words(list, ',')) {
      std::replace(needed.begin(), needed.end(), '-', '_');
      add(needed, found);
    }
  }
  found.ordered.push_back({name + ".ko", std::move(bytes)});
}

/// A soft dependency may be the name of what several modules offer, as crypto-crc32c is, without which ext4
/// does not mount. They are called after it (crc32c_generic, crc32c-intel) and say so in their aliases.
void ModuleTree::add_preferred(const std::string& wanted, Found& found) const {
  static constexpr std::string_view kAlgorithm = "crypto-";
  std::string stem = wanted.starts_with(kAlgorithm) ? wanted.substr(kAlgorithm.size()) : wanted;
  std::replace(stem.begin(), stem.end(), '-', '_');
  for (const auto& [name, file] : files_) {
    if (name != stem && !name.starts_with(stem + "_")) continue;
    const auto aliases = module_info(unpacked(file), "alias");
    if ((name == stem && stem.size() == wanted.size()) ||
        std::find(aliases.begin(), aliases.end(), wanted) != aliases.end())
      add(name, found);
  }
}

}  // namespace bench
