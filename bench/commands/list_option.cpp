#include "bench/commands/list_option.h"

#include <fmt/format.h>

#include <sstream>

namespace bench {

CLI::Option* add_list(CLI::App& command, const std::string& name, std::vector<std::string>& words,
                      const std::string& help, const std::function<std::string(const std::string&)>& check,
                      const std::string& shown) {
  const auto take = [name, &words, check](const std::vector<std::string>& given) {
    words.clear();
    for (const std::string& text : given) {
      std::istringstream in(text + ",");  // so that a comma at the end has an empty word after it
      for (std::string word; std::getline(in, word, ',');) {
        std::string wrong = word.empty() ? fmt::format("'{}' has an empty word", text) : check(word);
        if (!wrong.empty()) throw CLI::ValidationError(name, wrong);
        words.push_back(word);
      }
    }
  };
  CLI::Option* option = command.add_option_function<std::vector<std::string>>(name, take, help);
  option->take_all();
  if (!shown.empty()) option->default_str(shown);
  return option;
}

}  // namespace bench
