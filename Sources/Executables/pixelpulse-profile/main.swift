import Profile
import ServiceKit
import Sessions

let program = ServiceProgram(
    "pixelpulse-profile", "Profiles and galleries of PixelPulse, as a service", listen: "127.0.0.1:9003",
    options: [SessionOwner.option])

program.run { commandLine in
    ServedApp(try ProfileService(try ServiceSettings(commandLine)).app)
}
