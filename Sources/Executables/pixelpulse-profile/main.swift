import Arguments
import Profile
import ServiceKit
import Sessions

let program = ServiceProgram(
    "pixelpulse-profile", "Profiles and galleries of PixelPulse, as a service", port: 9003,
    options: [SessionOwner.option])

let arguments = program.parse()
program.serve(arguments) { data in
    var configuration = ProfileConfiguration(
        dataFolder: data, tokenKeyFile: arguments["token-key"], owner: arguments["owner"])
    configuration.log = program.say
    return (try ProfileService(configuration).app, ServiceHooks())
}
